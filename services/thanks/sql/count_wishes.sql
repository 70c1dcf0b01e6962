-- Of how many things each of them said lately that they would like to have them.
SELECT w.member, count(*)
FROM gratis_thanks.wish w
WHERE w.partition = $1 AND w.member = ANY ($2::uuid[]) AND w.noted_at > $3
GROUP BY w.member
