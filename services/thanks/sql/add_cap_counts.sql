INSERT INTO gratis_thanks.cap_count (partition, member, rule, per, since, earned, taken)
SELECT $1, member, rule, per, since, earned, taken
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::text[]) AS rule, unnest($4::smallint[]) AS per,
         unnest($5::date[]) AS since, unnest($6::bigint[]) AS earned, unnest($7::bigint[]) AS taken
) AS more
ON CONFLICT (partition, member, rule, per, since) DO UPDATE
SET earned = cap_count.earned + excluded.earned,
    taken = cap_count.taken + excluded.taken
