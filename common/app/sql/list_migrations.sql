SELECT schema, number, name FROM house.migration ORDER BY applied_at, schema, number
