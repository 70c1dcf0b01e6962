-- What rows recorded until $3 and effective until $4 came to.
SELECT unit,
       sum(points * ((credit = 1)::integer - (debit = 1)::integer))::bigint,
       sum(points * ((credit = 2)::integer - (debit = 2)::integer))::bigint,
       sum(points * ((credit = 3)::integer - (debit = 3)::integer))::bigint,
       sum(points * ((credit = 4)::integer - (debit = 4)::integer))::bigint
FROM ledger.journal
WHERE partition = $1 AND member = $2 AND recorded_at <= $3 AND effective_at <= $4 AND points > 0
GROUP BY unit
ORDER BY unit
