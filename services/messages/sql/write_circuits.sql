INSERT INTO gratis_messages.circuit (endpoint, failures, open_until)
SELECT endpoint, failures, open_until
FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[]) AS c (endpoint, failures, open_until)
ORDER BY endpoint
ON CONFLICT (endpoint) DO UPDATE SET failures = excluded.failures, open_until = excluded.open_until
