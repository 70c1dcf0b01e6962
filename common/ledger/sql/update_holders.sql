-- See update_wallets.
UPDATE ledger.holder AS h
SET state = n.state
FROM unnest($2::uuid[], $3::smallint[]) AS n (member, state)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.holder x
  WHERE x.partition = $1 AND x.member = n.member
  LIMIT 1
) AS place
WHERE h.ctid = place.ctid
