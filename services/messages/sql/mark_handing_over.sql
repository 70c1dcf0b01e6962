-- Before the last bytes of a letter go: if this process ends now, its answer is not known. As settle_deliveries.sql.
WITH held AS MATERIALIZED (
  SELECT own.ctid
  FROM unnest($1::integer[], $2::uuid[], $3::integer[]) AS s (partition, delivery, attempt)
  CROSS JOIN LATERAL (
    SELECT x.ctid, x.state, x.attempts, x.lease_until
    FROM gratis_messages.delivery AS x
    WHERE x.partition = s.partition AND x.delivery BETWEEN s.delivery AND s.delivery
    ORDER BY x.delivery
    LIMIT 1
    FOR UPDATE) AS own
  WHERE own.state = 2 AND own.attempts = s.attempt AND own.lease_until > $4
)
UPDATE gratis_messages.delivery AS d
SET handing_over = true
FROM held
WHERE d.ctid = held.ctid
RETURNING d.partition, d.delivery
