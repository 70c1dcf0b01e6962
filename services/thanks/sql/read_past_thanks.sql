-- What is due to members, what they were given since $3, and whatever they ever had of the triggers $4: one look-up of
-- each kind for each member, whatever the planner thinks of the table's size.
SELECT asked.member, past.trigger, past.subject, past.version, past.outcome, past.acts_at, past.counts
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  (SELECT r.trigger, r.subject, r.version, r.outcome, r.acts_at, r.counts
   FROM gratis_thanks.trigger_result r
   WHERE r.partition = $1 AND r.member = asked.member AND r.acts_at > $3 AND r.outcome IN (1, 2)
   ORDER BY r.acts_at)
  UNION ALL
  (SELECT r.trigger, r.subject, r.version, r.outcome, r.acts_at, r.counts
   FROM gratis_thanks.trigger_result r
   WHERE cardinality($4::text[]) > 0 AND r.partition = $1 AND r.member = asked.member AND r.acts_at <= $3
     AND r.outcome IN (1, 2) AND r.trigger = ANY ($4::text[])
   ORDER BY r.acts_at)
  UNION ALL
  (SELECT r.trigger, r.subject, r.version, r.outcome, r.acts_at, r.counts
   FROM gratis_thanks.trigger_result r
   WHERE r.partition = $1 AND r.member = asked.member AND r.acts_at <= $3 AND r.outcome = 2
     AND r.trigger <> ALL ($4::text[])
   ORDER BY r.acts_at)
) AS past
