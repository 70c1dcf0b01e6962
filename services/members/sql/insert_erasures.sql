INSERT INTO gratis_members.erasure (program, partition, member, erased_at, key_version, transaction, names)
SELECT $1, $2, member, erased_at, key_version, transaction, names
FROM unnest($3::uuid[], $4::timestamptz[], $5::integer[], $6::uuid[], $7::integer[])
  AS new (member, erased_at, key_version, transaction, names)
