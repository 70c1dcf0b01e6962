INSERT INTO gratis_messages.complaint (partition, member, complaint, seq)
VALUES ($1, $2, $3, $4)
ON CONFLICT (partition, member, complaint) DO NOTHING
