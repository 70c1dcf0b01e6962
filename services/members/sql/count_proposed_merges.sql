-- Of each member how many are proposed, those not counted that were dismissed.
SELECT asked.member,
       (SELECT count(*)
        FROM gratis_members.proposed_merge p
        WHERE p.partition = $1 AND p.low = asked.member AND p.dismissed_at IS NULL)
       + (SELECT count(*)
          FROM gratis_members.proposed_merge p
          WHERE p.partition = $1 AND p.high = asked.member AND p.dismissed_at IS NULL)
FROM unnest($2::uuid[]) AS asked (member)
