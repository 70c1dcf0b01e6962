SELECT card, prefix, issuer, sealed_number, batch, state, member, successor, issued_at, changed_at
FROM gratis_members.card
WHERE partition = $1 AND member = $2 AND card > $3
ORDER BY card
LIMIT $4
