INSERT INTO gratis_thanks.buyer (partition, member, kept, highest_position, first_at, last_at, claim_day,
                                 claims)
SELECT $1, member, kept, highest_position, first_at, last_at, claim_day, claims
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::bigint[]) AS kept,
         unnest($4::bigint[]) AS highest_position, unnest($5::timestamptz[]) AS first_at,
         unnest($6::timestamptz[]) AS last_at, unnest($7::date[]) AS claim_day,
         unnest($8::integer[]) AS claims
) AS known
ON CONFLICT (partition, member) DO UPDATE
SET kept = excluded.kept,
    highest_position = excluded.highest_position,
    first_at = excluded.first_at,
    last_at = excluded.last_at,
    claim_day = excluded.claim_day,
    claims = excluded.claims
