SELECT (SELECT count(*) FROM ledger.holder WHERE partition BETWEEN $1 AND $2),
       (SELECT coalesce(sum(seq), 0)::bigint FROM ledger.head WHERE partition BETWEEN $1 AND $2)
