INSERT INTO ledger.period (program, number, ends_at, closed_at, seq)
VALUES ($1, $2, $3, $4, $5)
