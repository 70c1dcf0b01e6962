SELECT used_by
FROM gratis_members.used_qr_token
WHERE partition = $1 AND token = $2
