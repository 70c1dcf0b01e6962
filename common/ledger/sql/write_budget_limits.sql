INSERT INTO ledger.budget (program, budget, code, unit, limit_points, spent)
SELECT $1, budget, code, unit, limit_points, 0
FROM unnest($2::uuid[], $3::text[], $4::smallint[], $5::bigint[]) AS wish (budget, code, unit, limit_points)
ON CONFLICT (program, budget) DO UPDATE SET limit_points = excluded.limit_points
