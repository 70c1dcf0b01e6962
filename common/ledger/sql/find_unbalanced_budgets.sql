SELECT coalesce(total.budget, drawn.budget), total.spent, coalesce(drawn.spent, 0)::bigint
FROM (SELECT budget, spent FROM ledger.budget WHERE program = $1) AS total
FULL JOIN (SELECT budget, sum(spent) AS spent
           FROM ledger.budget_draw
           WHERE partition BETWEEN $2 AND $3
           GROUP BY budget) AS drawn USING (budget)
WHERE total.spent IS DISTINCT FROM coalesce(drawn.spent, 0)
ORDER BY 1
LIMIT 100
