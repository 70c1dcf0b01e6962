-- Adds what came to what is there. Each member once.
INSERT INTO gratis_members.brief_member (partition, member, visits, purchases, first_visit, last_visit, gift_at,
                                         gift_points, gift_transaction)
SELECT $1, unnest($2::uuid[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::date[]),
       unnest($6::date[]), unnest($7::timestamptz[]), unnest($8::bigint[]), unnest($9::uuid[])
ON CONFLICT (partition, member) DO UPDATE SET
  visits = brief_member.visits + excluded.visits,
  purchases = brief_member.purchases + excluded.purchases,
  first_visit = least(brief_member.first_visit, excluded.first_visit),
  last_visit = greatest(brief_member.last_visit, excluded.last_visit),
  gift_at = coalesce(excluded.gift_at, brief_member.gift_at),
  gift_points = coalesce(excluded.gift_points, brief_member.gift_points),
  gift_transaction = coalesce(excluded.gift_transaction, brief_member.gift_transaction)
