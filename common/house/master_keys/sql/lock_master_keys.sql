-- Who adds a version does it alone; reading goes on.
LOCK TABLE house.master_key IN SHARE ROW EXCLUSIVE MODE
