-- When accounts end that nobody uses, and who was given notice of it.

CREATE TABLE gratis_members.inactivity_policy (
  program     integer NOT NULL,
  version     integer NOT NULL CHECK (version > 0),
  set_at      timestamptz NOT NULL,
  months      integer NOT NULL CHECK (months BETWEEN 0 AND 120),
  notice_days integer NOT NULL CHECK (notice_days BETWEEN 0 AND 60),
  PRIMARY KEY (program, version)
);

-- The last notice of each; `seq` is the row of the journal that says it.
CREATE TABLE gratis_members.inactivity_notice (
  partition      integer NOT NULL,
  member         uuid NOT NULL,
  seq            bigint NOT NULL,
  policy_version integer NOT NULL,
  noticed_at     timestamptz NOT NULL,
  erase_at       timestamptz NOT NULL CHECK (erase_at > noticed_at),
  PRIMARY KEY (partition, member)
);

GRANT SELECT, INSERT ON gratis_members.inactivity_policy TO gratis_members;
GRANT SELECT, INSERT, UPDATE ON gratis_members.inactivity_notice TO gratis_members;
