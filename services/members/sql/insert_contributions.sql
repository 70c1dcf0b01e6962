INSERT INTO gratis_members.contribution (partition, holder, lot, member)
SELECT $1, holder, lot, member
FROM unnest($2::uuid[], $3::bigint[], $4::uuid[]) AS new (holder, lot, member)
