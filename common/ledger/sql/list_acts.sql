-- The kinds named here are those of the index journal_by_act; $2 says which of them. In the books of the house ($10) are
-- acts about many programs: those about $11 are shown and, if $12 says so, those about none.
-- Acts of the index journal_by_setting say how something is from then on, so that the one before about the same thing
-- says how it was: the thing is the source, with the unit or what else it is about; of a template the detail names it.
-- Some others say themselves how it was.
SELECT j.partition, j.seq, j.transaction, j.kind, j.member, j.unit, j.points, j.debit, j.credit, j.debit_after,
       j.credit_after, j.effective_at, j.recorded_at, j.actor, j.source, j.detail, j.about, j.budget, j.undoes, j.origin,
       j.earned_at, j.available_at, j.expires_at,
       coalesce(b.detail, CASE WHEN j.detail = '' THEN NULL
                               WHEN j.kind = 12 THEN jsonb_build_object('state', j.detail::jsonb -> 'was')
                               WHEN j.kind IN (7, 13, 87, 88) THEN j.detail::jsonb -> 'before'
                          END::text),
       (SELECT n.network FROM ledger.act_network AS n WHERE n.partition = j.partition AND n.seq = j.seq)
FROM unnest($1::integer[]) AS p (partition)
CROSS JOIN LATERAL (
  SELECT *
  FROM ledger.journal AS a
  WHERE a.partition = p.partition
    AND (a.kind < 10 OR a.kind IN (12, 17, 18, 19, 28, 29, 32, 36, 41, 45, 63, 70, 71, 72, 73, 80, 82, 85, 86,
                                   87, 89, 90, 91, 92, 93, 94, 98, 99)
         OR a.kind IN (13, 88) AND a.source = 'staff')
    AND a.kind = ANY ($2)
    AND (a.recorded_at, a.partition, a.seq) < ($3, $4::integer, $5::bigint)
    AND ($6 = '' OR a.actor = $6) AND a.recorded_at >= $7 AND a.recorded_at < $8
    AND ($9::uuid IS NULL OR a.member = $9)
    AND (a.partition <> $10 OR CASE (nullif(a.detail, '')::jsonb ->> 'program_number')::integer
                                 WHEN $11 THEN true
                                 ELSE $12 AND NOT nullif(a.detail, '')::jsonb ? 'program_number'
                               END)
  ORDER BY a.seq DESC
  LIMIT $13) AS j
LEFT JOIN LATERAL (
  SELECT a.detail
  FROM ledger.journal AS a
  WHERE a.partition = j.partition AND a.seq < j.seq AND a.kind = j.kind AND a.source = j.source AND a.unit = j.unit
    AND a.about IS NOT DISTINCT FROM j.about
    AND CASE a.kind WHEN 91 THEN a.detail::jsonb ->> 'template' END
        IS NOT DISTINCT FROM CASE j.kind WHEN 91 THEN j.detail::jsonb ->> 'template' END
    AND a.kind IN (4, 17, 32, 36, 41, 70, 71, 72, 80, 82, 89, 90, 91, 92, 93, 94)
  ORDER BY a.seq DESC
  LIMIT 1) AS b ON true
ORDER BY j.recorded_at DESC, j.partition DESC, j.seq DESC
LIMIT $13
