-- One that another took meanwhile fails the run, which is begun again.
INSERT INTO gratis_thanks.moved (partition, purchase, member, became)
SELECT partition, purchase, member, became
FROM (
  SELECT unnest($1::integer[]) AS partition, unnest($2::uuid[]) AS purchase,
         unnest($3::uuid[]) AS member, unnest($4::uuid[]) AS became
) AS found
