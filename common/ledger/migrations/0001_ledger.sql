-- The shared ledger. Every table that belongs to members leads with the partition; the row of a
-- partition in `head` is locked before anything is posted there.

CREATE TABLE ledger.program (
  number          integer PRIMARY KEY,
  code            text NOT NULL UNIQUE,
  display_name    text NOT NULL,
  currency_code   text NOT NULL,
  time_zone       text NOT NULL,
  first_partition integer NOT NULL UNIQUE,
  partitions      integer NOT NULL CHECK (partitions BETWEEN 1 AND 64),
  created_at      timestamptz NOT NULL
);

CREATE TABLE ledger.head (
  partition   integer PRIMARY KEY,
  program     integer NOT NULL REFERENCES ledger.program (number),
  seq         bigint NOT NULL CHECK (seq >= 0),
  chain_hash  bytea NOT NULL,
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE ledger.journal (
  partition    integer NOT NULL,
  seq          bigint NOT NULL,
  transaction  uuid NOT NULL,
  kind         smallint NOT NULL,
  member       uuid,
  points       bigint NOT NULL CHECK (points >= 0),
  debit        smallint NOT NULL,
  credit       smallint NOT NULL,
  debit_after  bigint NOT NULL,
  credit_after bigint NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  actor        text NOT NULL,
  source       text NOT NULL,
  detail       text NOT NULL,
  PRIMARY KEY (partition, seq),
  CHECK ((points = 0) = (debit = 0) AND (debit = 0) = (credit = 0))
);
CREATE INDEX journal_by_member ON ledger.journal (partition, member, seq) WHERE member IS NOT NULL;

CREATE TABLE ledger.block (
  partition integer NOT NULL,
  last_seq  bigint NOT NULL,
  first_seq bigint NOT NULL CHECK (first_seq BETWEEN 1 AND last_seq),
  hash      bytea NOT NULL,
  PRIMARY KEY (partition, last_seq)
);

CREATE TABLE ledger.holder (
  partition   integer NOT NULL,
  member      uuid NOT NULL,
  enrolled_at timestamptz NOT NULL,
  PRIMARY KEY (partition, member)
);

CREATE TABLE ledger.wallet (
  partition integer NOT NULL,
  member    uuid NOT NULL,
  available bigint NOT NULL CHECK (available >= 0),
  PRIMARY KEY (partition, member)
) WITH (fillfactor = 70);

CREATE TABLE ledger.account (
  partition integer NOT NULL,
  account   smallint NOT NULL,
  points    bigint NOT NULL,
  PRIMARY KEY (partition, account)
) WITH (fillfactor = 10);

CREATE TABLE ledger.directory (
  program   integer NOT NULL,
  kind      smallint NOT NULL,
  key       bytea NOT NULL,
  partition integer NOT NULL,
  id        uuid NOT NULL,
  PRIMARY KEY (program, kind, key)
);

CREATE TABLE ledger.request (
  program     integer NOT NULL,
  request_id  text NOT NULL,
  fingerprint bytea NOT NULL,
  answer      bytea NOT NULL,
  partition   integer NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (program, request_id)
);

-- Program 1 is the house itself: what is done to the engine as a whole is journaled in it.
INSERT INTO ledger.program VALUES (1, 'house', 'The house', 'USD', 'UTC', 0, 1, '2000-01-01T00:00:00Z');
INSERT INTO ledger.head VALUES (0, 1, 0, decode(repeat('00', 32), 'hex'), '2000-01-01T00:00:00Z');

GRANT USAGE ON SCHEMA ledger TO gratis_poster;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO gratis_poster;
GRANT INSERT ON ALL TABLES IN SCHEMA ledger TO gratis_poster;
GRANT UPDATE ON ledger.head, ledger.wallet, ledger.account TO gratis_poster;
