-- Groups of members. Each is an account in `member`, which has its name, and a holder of the ledger's.

CREATE TABLE gratis_members.member_group (
  partition  integer NOT NULL,
  holder     uuid NOT NULL,                                 -- the group's id
  kind       smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
  perks      text[] NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (partition, holder)
);

-- Who was invited, is in a group, or left it; in the group's partition.
CREATE TABLE gratis_members.membership (
  partition integer NOT NULL,
  holder    uuid NOT NULL,                                  -- the group's id
  member    uuid NOT NULL,
  state     smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
  since     timestamptz NOT NULL,
  PRIMARY KEY (partition, holder, member)
);
CREATE INDEX membership_of_member ON gratis_members.membership (partition, member, holder) WHERE state < 3;

-- Who contributed a lot of a household's wallet. It outlives the membership: what comes back to the lot
-- later is theirs.
CREATE TABLE gratis_members.contribution (
  partition integer NOT NULL,
  holder    uuid NOT NULL,                                  -- the household's id
  lot       bigint NOT NULL,
  member    uuid NOT NULL,
  PRIMARY KEY (partition, holder, lot)
);

CREATE TABLE gratis_members.groups_policy (
  program              integer NOT NULL,
  version              integer NOT NULL CHECK (version > 0),
  set_at               timestamptz NOT NULL,
  organization_percent integer NOT NULL CHECK (organization_percent BETWEEN 0 AND 100),
  PRIMARY KEY (program, version)
);

GRANT SELECT, INSERT, UPDATE ON gratis_members.member_group TO gratis_members;
GRANT SELECT, INSERT, UPDATE ON gratis_members.membership TO gratis_members;
GRANT SELECT, INSERT ON gratis_members.contribution TO gratis_members;
GRANT SELECT, INSERT ON gratis_members.groups_policy TO gratis_members;
