-- A try costs one, right or wrong; whoever waits for the row sees what those before left.
UPDATE gratis_members.one_time_code
SET tries_left = tries_left - 1
WHERE partition = $1 AND member = $2 AND (used_by = '' OR used_by = $3) AND expires_at > $4
  AND tries_left > 0
RETURNING code, tries_left, used_at
