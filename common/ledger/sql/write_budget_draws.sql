INSERT INTO ledger.budget_draw AS d (partition, budget, spent)
SELECT $1, budget, spent
FROM (
  SELECT unnest($2::uuid[]) AS budget, unnest($3::bigint[]) AS spent
) AS drawn
ON CONFLICT (partition, budget) DO UPDATE SET spent = d.spent + excluded.spent
