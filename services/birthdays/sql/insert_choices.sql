INSERT INTO gratis_birthdays.choice (partition, member, year, option, transaction, voucher,
                                     chosen_at, by_default)
SELECT *
FROM unnest($1::integer[], $2::uuid[], $3::integer[], $4::text[], $5::uuid[], $6::uuid[],
            $7::timestamptz[], $8::boolean[])
