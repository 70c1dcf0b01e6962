SELECT count(*) FROM gratis_members.member WHERE key_version < $1
