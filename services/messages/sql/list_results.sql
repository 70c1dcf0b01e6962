SELECT day, template, template_version, variant, trigger, channel, sum(sent)::bigint, sum(opened)::bigint,
       sum(clicked)::bigint, sum(redeemed)::bigint, sum(unsubscribed)::bigint
FROM gratis_messages.tally
WHERE partition = ANY ($1) AND day BETWEEN $2 AND $3 AND ($4 = '' OR template = $4)
  AND (day, template, template_version, variant, trigger, channel) > ($5, $6, $7, $8, $9, $10)
GROUP BY day, template, template_version, variant, trigger, channel
ORDER BY day, template, template_version, variant, trigger, channel
LIMIT $11
