INSERT INTO gratis_thanks.trigger_result (partition, subject, trigger, version, member, signed_up, outcome, why, due_at,
                                          acts_at, old_at, position, store, counts, points, voucher, transaction)
SELECT unnest($1::integer[]), unnest($2::uuid[]), unnest($3::text[]), unnest($4::integer[]), unnest($5::uuid[]),
       unnest($6::boolean[]), unnest($7::smallint[]), unnest($8::smallint[]), unnest($9::timestamptz[]),
       unnest($10::timestamptz[]), unnest($11::timestamptz[]), unnest($12::bigint[]), unnest($13::text[]),
       unnest($14::boolean[]), unnest($15::bigint[]), unnest($16::uuid[]), unnest($17::uuid[])
ON CONFLICT (partition, subject, trigger) DO UPDATE SET
  outcome = excluded.outcome, why = excluded.why, acts_at = excluded.acts_at, points = excluded.points,
  voucher = excluded.voucher, transaction = excluded.transaction
