SELECT unit, version, minor_units, per_points, effective_from, seq
FROM ledger.rate
WHERE program = $1
ORDER BY unit, effective_from, version
