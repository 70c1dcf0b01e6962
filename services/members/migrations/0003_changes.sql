-- What is known of members changes: when the day of a birthday was last corrected, what somebody
-- answered when they left (sealed as the profile is), and how each program deals with all of it.
ALTER TABLE gratis_members.member
  ADD COLUMN birthday_changed_at timestamptz,
  ADD COLUMN leaving_answer bytea;

CREATE TABLE gratis_members.policy (
  program        integer NOT NULL,
  version        integer NOT NULL CHECK (version > 0),
  default_region text NOT NULL,
  set_at         timestamptz NOT NULL,
  set_by         text NOT NULL,
  PRIMARY KEY (program, version)
);

GRANT UPDATE (birthday_key, profile, birthday_changed_at, leaving_answer) ON gratis_members.member TO gratis_members;
GRANT SELECT, INSERT ON gratis_members.policy TO gratis_members;
