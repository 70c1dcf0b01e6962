DELETE FROM gratis_members.one_time_code
WHERE partition BETWEEN $1 AND $2 AND expires_at <= $3 AND hour_from <= $3
