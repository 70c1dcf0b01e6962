INSERT INTO gratis_birthdays.gift (partition, member, year, transaction, points, due_at, given_at,
                                   policy_version)
SELECT $1, *
FROM unnest($2::uuid[], $3::integer[], $4::uuid[], $5::bigint[], $6::timestamptz[],
            $7::timestamptz[], $8::integer[])
