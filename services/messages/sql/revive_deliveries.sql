UPDATE gratis_messages.delivery AS d
SET state = 1, next_at = $3, give_up_at = $4, changed_at = $3
FROM unnest($1::integer[], $2::uuid[]) AS dead (partition, delivery)
WHERE d.partition = dead.partition AND d.delivery = dead.delivery AND d.state = 4
