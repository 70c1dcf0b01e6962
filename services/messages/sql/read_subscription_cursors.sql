SELECT subscription, partition, seq
FROM gratis_messages.subscription_cursor
WHERE subscription = ANY ($1::uuid[])
