-- A message goes out once by each channel, however often it is put in line; one that waits there may go on, where it
-- stands, and one that was withheld in line waits again.
INSERT INTO gratis_messages.delivery (partition, delivery, program, channel, endpoint, message, member, address_key,
                                      marketing, state, created_at, next_at, give_up_at, changed_at, holds_until)
SELECT partition, delivery, program, channel, endpoint, message, member, address_key, marketing, state, $1, $1,
       give_up_at, $1, holds_until
FROM unnest($2::integer[], $3::uuid[], $4::integer[], $5::smallint[], $6::uuid[], $7::uuid[], $8::uuid[], $9::bytea[],
            $10::boolean[], $11::smallint[], $12::timestamptz[], $13::timestamptz[])
  AS out (partition, delivery, program, channel, endpoint, message, member, address_key, marketing, state, give_up_at,
          holds_until)
ON CONFLICT (program, message, channel) WHERE message IS NOT NULL DO UPDATE
SET next_at = least(delivery.next_at, excluded.next_at), holds_until = excluded.holds_until,
    address_key = excluded.address_key, marketing = excluded.marketing, state = excluded.state,
    give_up_at = CASE WHEN delivery.state = 1 THEN delivery.give_up_at ELSE excluded.give_up_at END
WHERE delivery.state = 1 OR (delivery.state = 4 AND delivery.reason = 'withheld')
