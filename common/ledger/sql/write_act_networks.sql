INSERT INTO ledger.act_network (partition, seq, network)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[])
