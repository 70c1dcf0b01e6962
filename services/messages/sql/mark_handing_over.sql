-- Before the last bytes of a letter go: if this process ends now, its answer is not known.
UPDATE gratis_messages.delivery AS d
SET handing_over = true
FROM unnest($1::integer[], $2::uuid[], $3::integer[]) AS s (partition, delivery, attempt)
WHERE d.partition = s.partition AND d.delivery = s.delivery AND d.state = 2 AND d.attempts = s.attempt
  AND d.lease_until > $4
RETURNING d.partition, d.delivery
