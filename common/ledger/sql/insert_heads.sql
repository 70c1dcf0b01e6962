-- Nothing is recorded yet, not even that time has passed: a program may bring in its past, or live on
-- a development clock that stands before the day it was made.
INSERT INTO ledger.head (partition, program, seq, chain_hash, recorded_at, requests, names, seal)
SELECT $2::integer + i, $1, 0, decode(repeat('00', 32), 'hex'), '-infinity', 0, 0, ''
FROM generate_series(0, $3::integer - 1) AS i
