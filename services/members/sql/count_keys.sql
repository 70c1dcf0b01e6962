SELECT key_version, count(*) FROM gratis_members.member GROUP BY key_version ORDER BY key_version
