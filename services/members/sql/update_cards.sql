UPDATE gratis_members.card c
SET state = new.state, member = new.member, successor = new.successor, changed_at = new.changed_at
FROM unnest($2::uuid[], $3::smallint[], $4::uuid[], $5::uuid[], $6::timestamptz[])
  AS new (card, state, member, successor, changed_at)
WHERE c.partition = $1 AND c.card = new.card
