-- Of each endpoint the first that are due at $4, as many as it has room for, are this process's until its lease is
-- over. One that keeps an order waits for those before it; one that must be decided anew, for that. Its number of
-- attempts is what tells its holder from later ones. What is locked is written where it lies.
WITH due AS (
  SELECT q.ctid, room.lease_until
  FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[]) AS room (endpoint, free, lease_until)
  CROSS JOIN LATERAL (
    SELECT d.ctid
    FROM gratis_messages.delivery AS d
    WHERE d.endpoint = room.endpoint AND d.state = 1 AND d.next_at <= $4
      AND (d.holds_until IS NULL OR d.holds_until > $4)
      AND (d.order_key IS NULL OR NOT EXISTS (
        SELECT 1
        FROM gratis_messages.delivery AS before
        WHERE before.endpoint = d.endpoint AND before.order_key = d.order_key AND before.order_key IS NOT NULL
          AND before.state IN (1, 2) AND before.place < d.place))
    ORDER BY d.endpoint, d.next_at, d.place
    LIMIT room.free
    FOR UPDATE SKIP LOCKED) AS q
)
UPDATE gratis_messages.delivery AS d
SET state = 2, attempts = d.attempts + 1, lease_until = due.lease_until, changed_at = $4
FROM due
WHERE d.ctid = due.ctid
RETURNING d.partition, d.delivery, d.program, d.channel, d.endpoint, d.message, d.member, d.event_id, d.body, d.attempts,
          d.created_at, d.give_up_at, d.address_key, EXISTS (
            SELECT 1
            FROM gratis_messages.suppression AS s
            WHERE s.program = d.program AND s.address_key = d.address_key AND (s.scope = 2 OR d.marketing))
