SELECT to_regclass('house.migration') IS NOT NULL
