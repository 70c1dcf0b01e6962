DELETE FROM gratis_thanks.activation a
USING (SELECT unnest($2::timestamptz[]) AS due_at, unnest($3::uuid[]) AS purchase) AS done
WHERE a.partition = $1 AND a.due_at = done.due_at AND a.purchase = done.purchase
