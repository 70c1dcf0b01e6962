INSERT INTO ledger.wallet (partition, member, available)
SELECT $1, member, available
FROM unnest($2::uuid[], $3::bigint[]) AS wallet (member, available)
ON CONFLICT (partition, member) DO UPDATE SET available = excluded.available
