INSERT INTO gratis_members.used_qr_token (partition, token, used_by, expires_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (partition, token) DO NOTHING
