-- What waits in line for a member by mail, about a purchase (empty: any) and by a trigger (empty: any), must be decided
-- anew before it goes out.
UPDATE gratis_messages.delivery AS d
SET holds_until = '-infinity'
FROM gratis_messages.message m
WHERE d.partition = $1 AND d.member = $2 AND d.channel = 1 AND d.state = 1 AND m.partition = $1 AND m.id = d.message
  AND ($3 = '' OR m.purchase = $3) AND ($4 = '' OR m.trigger = $4)
RETURNING d.message
