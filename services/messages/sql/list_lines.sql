-- The endpoints somebody waits for, each with when the first in line is due: one step of the index for each. What was
-- deleted while it was paused is paused no more.
WITH RECURSIVE line AS (
  (SELECT endpoint, next_at
   FROM gratis_messages.delivery
   WHERE state = 1
   ORDER BY endpoint, next_at, place
   LIMIT 1)
  UNION ALL
  SELECT behind.endpoint, behind.next_at
  FROM line
  CROSS JOIN LATERAL (
    SELECT endpoint, next_at
    FROM gratis_messages.delivery
    WHERE state = 1 AND endpoint > line.endpoint
    ORDER BY endpoint, next_at, place
    LIMIT 1) AS behind
)
SELECT line.endpoint, line.next_at, s.max_in_flight, coalesce(s.paused AND s.deleted_at IS NULL, false)
FROM line
LEFT JOIN gratis_messages.subscription AS s ON s.subscription = line.endpoint
LIMIT $1
