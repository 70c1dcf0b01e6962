-- One look-up for each, in the order of the key, which no other index has, whatever the planner thinks of the table's
-- size. They wait: the lock on their partition's cursor keeps them so.
UPDATE gratis_messages.message AS m
SET state = d.state, why = d.why, due_at = d.due_at, decided_at = d.decided_at, template = d.template,
    template_version = d.template_version, language = d.language, variant = d.variant, left_out = d.left_out,
    data_key = d.data_key, sealed = d.sealed, day = d.day
FROM (
  SELECT unnest($2::uuid[]) AS id, unnest($3::smallint[]) AS state, unnest($4::smallint[]) AS why,
         unnest($5::timestamptz[]) AS due_at, unnest($6::timestamptz[]) AS decided_at, unnest($7::text[]) AS template,
         unnest($8::integer[]) AS template_version, unnest($9::text[]) AS language, unnest($10::integer[]) AS variant,
         unnest($11::text[]) AS left_out, unnest($12::bytea[]) AS data_key, unnest($13::bytea[]) AS sealed,
         unnest($14::date[]) AS day
) AS d
CROSS JOIN LATERAL (
  SELECT w.ctid
  FROM gratis_messages.message w
  WHERE w.partition = $1 AND w.id BETWEEN d.id AND d.id
  ORDER BY w.id
  LIMIT 1
) AS place
WHERE m.ctid = place.ctid
