-- One look-up for each row, as it lies; the head's lock keeps rows in their place.
DELETE FROM gratis_members.preference AS p
USING unnest($2::uuid[], $3::bytea[]) AS gone (member, lookup_key)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM gratis_members.preference x
  WHERE x.partition = $1 AND x.member = gone.member AND x.lookup_key = gone.lookup_key
  LIMIT 1
) AS place
WHERE p.ctid = place.ctid
