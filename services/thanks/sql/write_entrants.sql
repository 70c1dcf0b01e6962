UPDATE gratis_thanks.surprise_entrant e
SET outcome = made.outcome, transaction = made.transaction
FROM (SELECT unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::smallint[]), unnest($5::uuid[]))
  AS made (draw, member, outcome, transaction)
WHERE e.partition = $1 AND e.draw = made.draw AND e.member = made.member
