SELECT budget, spent
FROM ledger.budget_draw
WHERE partition = $1
