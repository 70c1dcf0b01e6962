INSERT INTO gratis_thanks.purchase (partition, purchase, member, source, order_id, currency_code,
                             total_minor, item_count, purchased_at, recorded_at, transaction,
                             policy_version, points, points_per_unit, rounding, note,
                             thanks_outcome, thanks_why, bonus_points, store, till, business_date,
                             receipt, position, more)
SELECT $1, purchase, member, source, order_id, currency_code, total_minor, item_count, purchased_at,
       recorded_at, transaction, policy_version, points, points_per_unit, rounding, note,
       thanks_outcome, thanks_why, bonus_points, store, till, business_date, receipt, position,
       more::json
FROM (
  SELECT unnest($2::uuid[]) AS purchase, unnest($3::uuid[]) AS member, unnest($4::text[]) AS source,
         unnest($5::text[]) AS order_id, unnest($6::text[]) AS currency_code,
         unnest($7::bigint[]) AS total_minor, unnest($8::integer[]) AS item_count,
         unnest($9::timestamptz[]) AS purchased_at, unnest($10::timestamptz[]) AS recorded_at,
         unnest($11::uuid[]) AS transaction, unnest($12::integer[]) AS policy_version,
         unnest($13::bigint[]) AS points, unnest($14::bigint[]) AS points_per_unit,
         unnest($15::smallint[]) AS rounding, unnest($16::text[]) AS note,
         unnest($17::smallint[]) AS thanks_outcome, unnest($18::smallint[]) AS thanks_why,
         unnest($19::bigint[]) AS bonus_points, unnest($20::text[]) AS store,
         unnest($21::text[]) AS till, unnest($22::date[]) AS business_date,
         unnest($23::text[]) AS receipt, unnest($24::bigint[]) AS position,
         unnest($25::text[]) AS more
) AS bought
