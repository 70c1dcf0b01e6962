INSERT INTO ledger.budget_draw AS d (partition, budget, spent)
SELECT $1, budget, spent
FROM unnest($2::uuid[], $3::bigint[]) AS drawn (budget, spent)
ON CONFLICT (partition, budget) DO UPDATE SET spent = d.spent + excluded.spent
