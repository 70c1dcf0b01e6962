INSERT INTO gratis_members.member (partition, member, enrolled_at, birthday_key, data_key, profile)
SELECT $1, member, enrolled_at, birthday_key, data_key, profile
FROM unnest($2::uuid[], $3::timestamptz[], $4::bytea[], $5::bytea[], $6::bytea[])
  AS new (member, enrolled_at, birthday_key, data_key, profile)
