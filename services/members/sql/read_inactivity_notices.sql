SELECT asked.member, notice.seq, notice.policy_version, notice.noticed_at, notice.erase_at
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT n.seq, n.policy_version, n.noticed_at, n.erase_at
  FROM gratis_members.inactivity_notice n
  WHERE n.partition = $1 AND n.member = asked.member
  LIMIT 1
) AS notice
