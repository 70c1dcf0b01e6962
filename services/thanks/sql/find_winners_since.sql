-- Which of these won something that was drawn since $3, and which draw it was.
SELECT member, draw, outcome, drawn_at
FROM gratis_thanks.surprise_entrant
WHERE partition = $1 AND member = ANY ($2::uuid[]) AND drawn_at > $3 AND outcome IN (1, 2)
