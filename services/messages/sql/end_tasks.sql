-- Of a member's tasks those that nobody has done end (state 5) and are withheld (state 3), their texts gone: for how
-- the member stands (why 9) all, for an objection to marketing (15) or a no to profiling (16) what is such.
WITH ended AS (
  UPDATE gratis_messages.task AS t
  SET state = 5, ended_at = $4
  FROM gratis_messages.message AS m
  WHERE m.partition = $1 AND m.member = $2 AND m.channel = 4 AND m.state = 2
    AND t.partition = m.partition AND t.id = m.id AND t.state IN (1, 2)
    AND ($3::smallint = 9 OR ($3 = 15 AND t.marketing) OR ($3 = 16 AND t.by_profile))
  RETURNING t.id
)
UPDATE gratis_messages.message AS m
SET state = 3, why = $3, decided_at = $4, data_key = NULL, sealed = NULL
FROM ended
WHERE m.partition = $1 AND m.id = ended.id
