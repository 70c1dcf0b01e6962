-- No row comes back when so many were issued since `hour_from` as are allowed, and that is less than an
-- hour ago.
INSERT INTO gratis_members.one_time_code AS old
  (partition, member, code, expires_at, tries_left, used_by, used_at, hour_from, hour_codes)
VALUES ($1, $2, $3, $4, $5, '', NULL, $6, 1)
ON CONFLICT (partition, member) DO UPDATE
SET code = excluded.code, expires_at = excluded.expires_at, tries_left = excluded.tries_left,
    used_by = '', used_at = NULL,
    hour_from = CASE WHEN old.hour_from <= $7 THEN excluded.hour_from ELSE old.hour_from END,
    hour_codes = CASE WHEN old.hour_from <= $7 THEN 1 ELSE old.hour_codes + 1 END
WHERE old.hour_from <= $7 OR old.hour_codes < $8
RETURNING hour_codes
