-- Winners who wait for their gift, behind a place; those of draws that were never posted are among them.
SELECT draw, member
FROM gratis_thanks.surprise_entrant
WHERE partition = $1 AND outcome = 1 AND (draw, member) > ($2, $3::uuid)
ORDER BY draw, member
LIMIT $4
