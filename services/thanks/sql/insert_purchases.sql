INSERT INTO gratis_thanks.purchase (partition, purchase, member, source, order_id, currency_code,
                             total_minor, item_count, purchased_at, recorded_at, transaction,
                             policy_version, points, points_per_unit, rounding, note,
                             thanks_outcome, thanks_why, bonus_points)
SELECT $1, purchase, member, source, order_id, currency_code, total_minor, item_count, purchased_at,
       recorded_at, transaction, policy_version, points, points_per_unit, rounding, note,
       thanks_outcome, thanks_why, bonus_points
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
            $8::integer[], $9::timestamptz[], $10::timestamptz[], $11::uuid[], $12::integer[],
            $13::bigint[], $14::bigint[], $15::smallint[], $16::text[], $17::smallint[],
            $18::smallint[], $19::bigint[])
  AS bought (purchase, member, source, order_id, currency_code, total_minor, item_count,
             purchased_at, recorded_at, transaction, policy_version, points, points_per_unit,
             rounding, note, thanks_outcome, thanks_why, bonus_points)
