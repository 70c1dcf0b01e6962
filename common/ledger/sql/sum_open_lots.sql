-- What is outstanding in a partition, by unit, origin and age: $2 are the ages' bounds in time, the
-- oldest first.
SELECT unit, origin, width_bucket(earned_at, $2::timestamptz[]), sum(available + pending + held)::bigint, sum(debt)::bigint
FROM ledger.lot
WHERE partition = $1 AND open
GROUP BY 1, 2, 3
