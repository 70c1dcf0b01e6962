INSERT INTO gratis_members.card
  (partition, card, prefix, issuer, sealed_number, batch, state, member, issued_at, changed_at)
SELECT $1, card, prefix, issuer, sealed_number, batch, state, member, issued_at, issued_at
FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::bytea[], $6::text[], $7::smallint[], $8::uuid[],
            $9::timestamptz[])
  AS new (card, prefix, issuer, sealed_number, batch, state, member, issued_at)
