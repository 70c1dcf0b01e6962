SELECT number, purpose, channel, state, decided_at, source, wording_version, objection, recorded_at,
       actor, transaction
FROM gratis_members.consent
WHERE partition = $1 AND member = $2 AND number < $3
ORDER BY number DESC
LIMIT $4
