INSERT INTO gratis_members.member (partition, member, enrolled_at, birthday_key, data_key, profile)
SELECT $1, unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::bytea[]), unnest($5::bytea[]),
       unnest($6::bytea[])
