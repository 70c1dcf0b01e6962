INSERT INTO ledger.rate (program, unit, version, minor_units, per_points, effective_from, seq)
VALUES ($1, $2, $3, $4, $5, $6, $7)
