-- What members said yes and no to. Rows are only ever added: what is in force for a purpose and
-- channel follows from them. Nothing here is personal data but that somebody is meant by an id.
CREATE TABLE gratis_members.consent (
  partition       integer NOT NULL,
  member          uuid NOT NULL,
  number          bigint NOT NULL CHECK (number > 0),  -- of the member's, in the order of recording
  purpose         smallint NOT NULL,
  channel         smallint NOT NULL,                   -- 0: the purpose has none
  state           smallint NOT NULL,
  decided_at      timestamptz NOT NULL,
  source          smallint NOT NULL,
  wording_version text NOT NULL,
  objection       boolean NOT NULL,
  recorded_at     timestamptz NOT NULL,
  actor           text NOT NULL,
  transaction     uuid NOT NULL,
  PRIMARY KEY (partition, member, number)
);

-- What members like. A preference, its key too, is sealed with the member's own data key;
-- `lookup_key` is a keyed hash of the key.
CREATE TABLE gratis_members.preference (
  partition  integer NOT NULL,
  member     uuid NOT NULL,
  lookup_key bytea NOT NULL CHECK (octet_length(lookup_key) = 16),
  preference bytea NOT NULL,
  set_at     timestamptz NOT NULL,
  PRIMARY KEY (partition, member, lookup_key)
);

GRANT SELECT, INSERT ON gratis_members.consent TO gratis_members;
GRANT SELECT, INSERT, UPDATE, DELETE ON gratis_members.preference TO gratis_members;
