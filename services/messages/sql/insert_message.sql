INSERT INTO gratis_messages.message (partition, id, member, channel, occasion, template, transaction,
                                     purchase, trigger, store, occurred_at, max_age_seconds, detail,
                                     points, seq, created_at, state, why, due_at, voucher)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, 0, $16, $17)
