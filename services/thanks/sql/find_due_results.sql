-- What is due by $2, behind a place; without what waits for a complaint's end and is not too old.
SELECT r.subject, r.trigger, r.version, r.member, r.signed_up, r.outcome, r.why, r.due_at, r.acts_at, r.position,
       r.store, r.counts, r.points, r.voucher, r.transaction
FROM gratis_thanks.trigger_result r
WHERE r.partition = $1 AND r.outcome = 2 AND r.due_at <= $2
  AND (r.due_at, r.subject, r.trigger) > ($3, $4::uuid, $5::text)
  AND (r.old_at < $2
       OR NOT EXISTS (SELECT
                      FROM gratis_thanks.complaint c
                      WHERE c.partition = r.partition AND c.member = r.member AND c.resolved_at IS NULL))
ORDER BY r.due_at, r.subject, r.trigger
LIMIT $6
