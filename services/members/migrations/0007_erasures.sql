-- Whoever was erased: nothing that was known of them, only that it is gone. `key_version` is the version
-- of the master key that their data key was wrapped by, `names` how many identifiers and cards led to them.
CREATE TABLE gratis_members.erasure (
  partition   integer NOT NULL,
  member      uuid NOT NULL,
  program     integer NOT NULL,
  erased_at   timestamptz NOT NULL,
  key_version integer NOT NULL,
  transaction uuid NOT NULL,
  names       integer NOT NULL CHECK (names >= 0),
  PRIMARY KEY (partition, member)
);
CREATE INDEX erasure_by_member ON gratis_members.erasure (member);

GRANT SELECT, INSERT ON gratis_members.erasure TO gratis_members;
GRANT DELETE ON gratis_members.member, gratis_members.card TO gratis_members;
