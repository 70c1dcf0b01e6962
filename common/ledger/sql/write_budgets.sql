UPDATE ledger.budget AS b
SET spent = n.spent
FROM unnest($2::uuid[], $3::bigint[]) AS n (budget, spent)
WHERE b.program = $1 AND b.budget = n.budget
