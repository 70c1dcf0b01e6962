-- What the rows of ($2, $3] that count in [$5, $6) moved. A row counts when it took effect, but not
-- before $4.
SELECT unit, kind, debit, credit, sum(points)::bigint
FROM ledger.journal
WHERE partition = $1 AND seq > $2 AND seq <= $3 AND points > 0
      AND greatest(effective_at, $4) >= $5 AND greatest(effective_at, $4) < $6
GROUP BY unit, kind, debit, credit
