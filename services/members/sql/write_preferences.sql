INSERT INTO gratis_members.preference (partition, member, lookup_key, preference, set_at)
SELECT $1, member, lookup_key, preference, set_at
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::bytea[]) AS lookup_key,
         unnest($4::bytea[]) AS preference, unnest($5::timestamptz[]) AS set_at
) AS new
ON CONFLICT (partition, member, lookup_key)
DO UPDATE SET preference = excluded.preference, set_at = excluded.set_at
