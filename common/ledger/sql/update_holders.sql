-- See update_wallets.
UPDATE ledger.holder AS h
SET state = n.state, survivor = n.survivor
FROM unnest($2::uuid[], $3::smallint[], $4::uuid[]) AS n (member, state, survivor)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.holder x
  WHERE x.partition = $1 AND x.member = n.member
  LIMIT 1
) AS place
WHERE h.ctid = place.ctid
