INSERT INTO gratis_messages.task (partition, id, member, store, purchase, state, staff, created_at, marketing,
                                  by_profile)
VALUES ($1, $2, $3, $4, $5, 1, '', $6, $7, $8)
