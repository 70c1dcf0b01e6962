INSERT INTO gratis_members.brief_purchase (partition, member, day, seq, purchased_at, transaction, source,
                                           currency, total_minor)
SELECT $1, unnest($2::uuid[]), unnest($3::date[]), unnest($4::bigint[]), unnest($5::timestamptz[]),
       unnest($6::uuid[]), unnest($7::text[]), unnest($8::text[]), unnest($9::bigint[])
