INSERT INTO gratis_members.brief_complaint (partition, member, complaint, topic, purchase, opened_at)
SELECT $1, unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::text[]), unnest($5::text[]), unnest($6::timestamptz[])
