SELECT count(DISTINCT w.member)
FROM unnest($1::integer[]) AS p (partition)
JOIN gratis_thanks.wish w
  ON w.partition = p.partition AND w.state = 1 AND w.sku = $2 AND w.store IN ('', $3) AND w.noted_at <= $4
    AND w.noted_at > $5
