-- Two who read at once may both write; how far was read never goes back.
INSERT INTO gratis_birthdays.correction_cursor AS cursor (partition, seq)
SELECT *
FROM unnest($1::integer[], $2::bigint[])
ON CONFLICT (partition) DO UPDATE SET seq = greatest(cursor.seq, excluded.seq)
