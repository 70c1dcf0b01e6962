INSERT INTO gratis_birthdays.gift (partition, member, year, transaction, kind, worth, item, words,
                                   voucher, due_at, given_at, policy_version, quiet, offered,
                                   choose_by, valid_days)
SELECT $1, *
FROM unnest($2::uuid[], $3::integer[], $4::uuid[], $5::smallint[], $6::bigint[], $7::text[],
            $8::text[], $9::uuid[], $10::timestamptz[], $11::timestamptz[], $12::integer[],
            $13::boolean[], $14::text[], $15::timestamptz[], $16::integer[])
