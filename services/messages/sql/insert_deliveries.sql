-- A message goes out once by each channel, however often it is put in line.
INSERT INTO gratis_messages.delivery (partition, delivery, program, channel, endpoint, message, member, address_key,
                                      marketing, state, created_at, next_at, give_up_at, changed_at)
SELECT partition, delivery, program, channel, endpoint, message, member, address_key, marketing, state, $1, $1,
       give_up_at, $1
FROM unnest($2::integer[], $3::uuid[], $4::integer[], $5::smallint[], $6::uuid[], $7::uuid[], $8::uuid[], $9::bytea[],
            $10::boolean[], $11::smallint[], $12::timestamptz[])
  AS out (partition, delivery, program, channel, endpoint, message, member, address_key, marketing, state, give_up_at)
ON CONFLICT (program, message, channel) WHERE message IS NOT NULL DO NOTHING
