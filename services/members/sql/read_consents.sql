-- A walk through the history of each member asked for, whatever the planner knows of the table.
SELECT asked.member, standing.purpose, standing.channel, standing.state, standing.decided_at,
       standing.source, standing.wording_version, standing.objection
FROM (SELECT DISTINCT partition, member FROM unnest($1::integer[], $2::uuid[])
        AS named (partition, member)) AS asked
CROSS JOIN LATERAL (
  SELECT DISTINCT ON (c.purpose, c.channel) c.*
  FROM gratis_members.consent c
  WHERE c.partition = asked.partition AND c.member = asked.member
  ORDER BY c.purpose, c.channel, c.decided_at DESC, c.number DESC
) AS standing
