INSERT INTO gratis_members.membership (partition, holder, member, state, since)
SELECT $1, holder, member, state, since
FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::timestamptz[]) AS new (holder, member, state, since)
ON CONFLICT (partition, holder, member) DO UPDATE SET state = excluded.state, since = excluded.since
