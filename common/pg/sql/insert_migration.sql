INSERT INTO house.migration (schema, number, name, checksum, applied_at)
VALUES ($1, $2, $3, $4, $5)
