-- See find_stray_rows.
(SELECT seq, ordinal FROM ledger.allocation WHERE partition = $1 AND seq < 1 ORDER BY seq LIMIT $3)
UNION ALL
(SELECT seq, ordinal FROM ledger.allocation WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT $3)
