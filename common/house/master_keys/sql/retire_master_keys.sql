UPDATE house.master_key SET root = NULL, retired_at = $2 WHERE version < $1 AND retired_at IS NULL
