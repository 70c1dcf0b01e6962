INSERT INTO gratis_messages.message (partition, id, member, channel, occasion, template, transaction,
                                     purchase, trigger, store, occurred_at, max_age_seconds, detail,
                                     points, seq, created_at, state, why, due_at, voucher)
SELECT $1, id, member, channel, occasion, template, transaction, purchase, trigger, store, occurred_at, max_age_seconds,
       detail, points, seq, $2, 1, 0, $2, voucher
FROM (
  SELECT unnest($3::uuid[]) AS id, unnest($4::uuid[]) AS member, unnest($5::smallint[]) AS channel,
         unnest($6::smallint[]) AS occasion, unnest($7::text[]) AS template, unnest($8::uuid[]) AS transaction,
         unnest($9::text[]) AS purchase, unnest($10::text[]) AS trigger, unnest($11::text[]) AS store,
         unnest($12::timestamptz[]) AS occurred_at, unnest($13::bigint[]) AS max_age_seconds,
         unnest($14::text[]) AS detail, unnest($15::bigint[]) AS points, unnest($16::bigint[]) AS seq,
         unnest($17::text[]) AS voucher
) AS said
