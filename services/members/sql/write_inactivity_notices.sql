-- Each member once.
INSERT INTO gratis_members.inactivity_notice (partition, member, seq, policy_version, noticed_at, erase_at)
SELECT $1, unnest($2::uuid[]), unnest($3::bigint[]), unnest($4::integer[]), unnest($5::timestamptz[]),
       unnest($6::timestamptz[])
ON CONFLICT (partition, member) DO UPDATE SET
  seq = excluded.seq,
  policy_version = excluded.policy_version,
  noticed_at = excluded.noticed_at,
  erase_at = excluded.erase_at
