INSERT INTO gratis_members.consent
  (partition, member, number, purpose, channel, state, decided_at, source, wording_version,
   objection, recorded_at, actor, transaction)
SELECT $1, member, number, purpose, channel, state, decided_at, source, wording_version, objection,
       recorded_at, actor, transaction
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::bigint[]) AS number,
         unnest($4::smallint[]) AS purpose, unnest($5::smallint[]) AS channel,
         unnest($6::smallint[]) AS state, unnest($7::timestamptz[]) AS decided_at,
         unnest($8::smallint[]) AS source, unnest($9::text[]) AS wording_version,
         unnest($10::boolean[]) AS objection, unnest($11::timestamptz[]) AS recorded_at,
         unnest($12::text[]) AS actor, unnest($13::uuid[]) AS transaction
) AS said
