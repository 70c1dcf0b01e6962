INSERT INTO gratis_thanks.complaint (partition, complaint, member, topic, purchase, reference, opened_at, resolved_at,
                                     outcome)
SELECT $1, unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::text[]), unnest($5::uuid[]), unnest($6::text[]),
       unnest($7::timestamptz[]), unnest($8::timestamptz[]), unnest($9::smallint[])
ON CONFLICT (partition, complaint) DO UPDATE SET resolved_at = excluded.resolved_at, outcome = excluded.outcome
