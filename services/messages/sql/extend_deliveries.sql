UPDATE gratis_messages.delivery
SET next_at = least(next_at, $2), give_up_at = greatest(give_up_at, $3)
WHERE endpoint = $1 AND state = 1
