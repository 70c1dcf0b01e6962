-- Tiers: the ladders that were set, and what the journal says of each member's, so far as it was
-- read. All of it but the ladders follows from the journal and can be made from it again.

-- One version of a program's policy, as the fact that set it says.
CREATE TABLE gratis_members.tier_policy (
  program integer NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  set_at  timestamptz NOT NULL,
  set_by  text NOT NULL,
  detail  text NOT NULL,
  PRIMARY KEY (program, version)
);

-- How far each partition's journal was read.
CREATE TABLE gratis_members.tier_cursor (
  partition integer PRIMARY KEY,
  seq       bigint NOT NULL CHECK (seq >= 0)
) WITH (fillfactor = 10);

CREATE TABLE gratis_members.tier_member (
  partition   integer NOT NULL,
  member      uuid NOT NULL,
  enrolled_at timestamptz NOT NULL,
  as_of       timestamptz NOT NULL,
  version     integer NOT NULL,
  rank        integer NOT NULL CHECK (rank >= 0),
  since       timestamptz NOT NULL,
  short_since timestamptz NOT NULL,
  held_until  timestamptz NOT NULL,
  next_due    timestamptz NOT NULL,  -- when the tier next changes if nothing happens
  planned     integer NOT NULL,      -- the latest version of the policy that this reckons with
  PRIMARY KEY (partition, member)
) WITH (fillfactor = 70);
CREATE INDEX tier_member_by_due ON gratis_members.tier_member (partition, next_due)
  WHERE next_due < 'infinity';
CREATE INDEX tier_member_by_plan ON gratis_members.tier_member (partition, planned);

-- Facts that count, by their place in the journal.
CREATE TABLE gratis_members.tier_fact (
  partition   integer NOT NULL,
  member      uuid NOT NULL,
  seq         bigint NOT NULL,
  transaction uuid NOT NULL,
  counted_at  timestamptz NOT NULL,
  unit        smallint NOT NULL,
  points      bigint NOT NULL CHECK (points >= 0),
  returned    bigint NOT NULL CHECK (returned BETWEEN 0 AND points),
  spend       bigint NOT NULL CHECK (spend >= 0),
  purchase    boolean NOT NULL,
  PRIMARY KEY (partition, member, seq)
) WITH (fillfactor = 90);

GRANT SELECT, INSERT ON gratis_members.tier_policy TO gratis_members;
GRANT SELECT, INSERT, UPDATE ON gratis_members.tier_cursor, gratis_members.tier_member,
  gratis_members.tier_fact TO gratis_members;
