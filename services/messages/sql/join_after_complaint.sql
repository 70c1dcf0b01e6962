-- Once none of these members, who are one person, has a complaint open: of the mails that waited, one is said, as one
-- that comes after a complaint: the last that is about a gift (occasion 2), or for want of such the last. The others are
-- said by it (state 3, why 11). Of other ways each waits for itself. $3: what was to be said to each since then waited,
-- too. One look-up for each.
WITH one AS (
  SELECT partition, member, seq
  FROM unnest($1::integer[], $2::uuid[], $3::bigint[]) AS one (partition, member, seq)
), waited AS (
  SELECT m.partition, m.id, m.channel,
         row_number() OVER (PARTITION BY m.channel ORDER BY m.occasion = 2 DESC, m.occurred_at DESC, m.id DESC) AS place
  FROM one
  CROSS JOIN LATERAL (
    SELECT w.partition, w.id, w.channel, w.occurred_at, w.occasion
    FROM gratis_messages.message w
    WHERE w.partition = one.partition AND w.member = one.member AND w.state = 1 AND w.occasion <> 3
      AND (w.why = 5 OR w.seq > one.seq)
    LIMIT 10000
  ) AS m
  WHERE NOT EXISTS (SELECT
                    FROM one AS complaining
                    JOIN gratis_messages.complaint c
                      ON c.partition = complaining.partition AND c.member = complaining.member)
)
UPDATE gratis_messages.message m
SET state = CASE WHEN waited.channel = 1 AND waited.place > 1 THEN 3 ELSE 1 END,
    why = CASE WHEN waited.channel = 1 AND waited.place > 1 THEN 11 ELSE 0 END,
    decided_at = CASE WHEN waited.channel = 1 AND waited.place > 1 THEN $4::timestamptz END,
    after_complaint = waited.channel = 1,
    joined_at = $4,
    due_at = $4
FROM waited
WHERE m.partition = waited.partition AND m.id = waited.id
