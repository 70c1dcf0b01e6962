INSERT INTO gratis_messages.subscription_cursor (subscription, partition, seq)
SELECT $1, partition, seq
FROM unnest($2::integer[], $3::bigint[]) AS c (partition, seq)
ON CONFLICT (subscription, partition) DO UPDATE SET seq = excluded.seq
