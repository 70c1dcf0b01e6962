SELECT t.code, t.version, t.set_at, t.body::text
FROM unnest($2::text[], $3::integer[]) AS asked (code, version)
JOIN gratis_thanks.trigger t ON t.program = $1 AND t.code = asked.code AND t.version = asked.version
ORDER BY t.code, t.version
