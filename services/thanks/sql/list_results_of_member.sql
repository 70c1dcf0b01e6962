SELECT subject, trigger, version, member, signed_up, outcome, why, due_at, acts_at, position, store, counts, points,
       voucher, transaction
FROM gratis_thanks.trigger_result
WHERE partition = $1 AND member = $2 AND (acts_at, subject, trigger) < ($3, $4::uuid, $5::text)
ORDER BY acts_at DESC, subject DESC, trigger DESC
LIMIT $6
