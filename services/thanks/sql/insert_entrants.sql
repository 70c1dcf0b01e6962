INSERT INTO gratis_thanks.surprise_entrant (partition, draw, member, outcome, drawn_at)
SELECT $1, $2, unnest($3::uuid[]), unnest($4::smallint[]), $5
