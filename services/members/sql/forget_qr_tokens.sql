DELETE FROM gratis_members.used_qr_token
WHERE partition BETWEEN $1 AND $2 AND expires_at <= $3
