INSERT INTO gratis_members.groups_policy (program, version, set_at, organization_percent)
VALUES ($1, $2, $3, $4)
