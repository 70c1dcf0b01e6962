-- What is due to members, what they were given since $3, and whatever they ever had of the triggers $4.
SELECT member, trigger, subject, version, outcome, acts_at, counts
FROM gratis_thanks.trigger_result
WHERE partition = $1 AND member = ANY ($2::uuid[]) AND acts_at > $3 AND outcome IN (1, 2)
UNION
SELECT member, trigger, subject, version, outcome, acts_at, counts
FROM gratis_thanks.trigger_result
WHERE partition = $1 AND member = ANY ($2::uuid[]) AND trigger = ANY ($4::text[]) AND outcome IN (1, 2)
UNION
SELECT member, trigger, subject, version, outcome, acts_at, counts
FROM gratis_thanks.trigger_result
WHERE partition = $1 AND member = ANY ($2::uuid[]) AND outcome = 2
