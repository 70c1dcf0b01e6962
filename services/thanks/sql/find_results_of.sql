-- What became of triggers for each of these; $3 is one trigger of each, or empty for all.
SELECT r.subject, r.trigger, r.version, r.member, r.signed_up, r.outcome, r.why, r.due_at, r.acts_at, r.position,
       r.store, r.counts, r.points, r.voucher, r.transaction
FROM unnest($2::uuid[], $3::text[]) AS asked (subject, trigger)
JOIN gratis_thanks.trigger_result r
  ON r.partition = $1 AND r.subject = asked.subject AND (asked.trigger = '' OR r.trigger = asked.trigger)
ORDER BY r.subject, r.trigger
