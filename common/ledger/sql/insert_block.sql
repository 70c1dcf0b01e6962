INSERT INTO ledger.block (partition, first_seq, last_seq, hash)
VALUES ($1, $2, $3, $4)
