INSERT INTO gratis_members.member_group (partition, holder, kind, perks, created_at)
SELECT $1, holder, kind, '{}', created_at
FROM unnest($2::uuid[], $3::smallint[], $4::timestamptz[]) AS new (holder, kind, created_at)
