INSERT INTO gratis_thanks.trigger_passed_over (partition, subject, moment, passed)
SELECT $1, unnest($2::uuid[]), unnest($3::smallint[]), unnest($4::text[])
ON CONFLICT (partition, subject, moment) DO NOTHING
