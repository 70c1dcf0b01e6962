-- The figures that closings journaled: "heads" [seq, ...], "lines" [[unit, origin, age, points,
-- debt], ...], "movements" [[unit, movement, points], ...].
SELECT p.number, figures.key,
       coalesce((figure.value ->> 0)::bigint, (figure.value #>> '{}')::bigint),
       (figure.value ->> 1)::bigint, (figure.value ->> 2)::bigint, (figure.value ->> 3)::bigint,
       (figure.value ->> 4)::bigint
FROM ledger.period p
CROSS JOIN LATERAL (
  SELECT j.detail::jsonb AS detail
  FROM ledger.journal j
  WHERE j.partition = $2 AND j.seq = p.seq
  LIMIT 1
) AS closing
CROSS JOIN LATERAL (VALUES ('heads'), ('lines'), ('movements')) AS figures (key)
CROSS JOIN LATERAL jsonb_array_elements(closing.detail -> figures.key) WITH ORDINALITY AS figure (value, place)
WHERE p.program = $1
ORDER BY p.number, figures.key, figure.place
