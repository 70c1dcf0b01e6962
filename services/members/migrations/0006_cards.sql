-- Cards, and proofs of who stands at a till.

-- All of a program's cards are in its first partition: they are there before anybody has them. Our own
-- numbers are not stored, they follow from the id; another issuer's is sealed with its member's data
-- key. How cards are found by number is in the ledger's directory.
CREATE TABLE gratis_members.card (
  partition     integer NOT NULL,
  card          uuid NOT NULL,
  prefix        smallint NOT NULL CHECK (prefix = 0 OR prefix BETWEEN 20 AND 29),
  issuer        text NOT NULL CHECK ((issuer = '') = (prefix <> 0)),
  sealed_number bytea NOT NULL,
  batch         text NOT NULL,
  state         smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
  member        uuid,
  successor     uuid,
  issued_at     timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL,
  PRIMARY KEY (partition, card),
  CHECK (state <> 1 OR member IS NULL),
  CHECK (state NOT IN (2, 4) OR member IS NOT NULL)
);
CREATE INDEX card_of_member ON gratis_members.card (partition, member, card) WHERE member IS NOT NULL;
CREATE INDEX card_of_batch ON gratis_members.card (partition, batch, card) WHERE batch <> '';

CREATE TABLE gratis_members.proof_policy (
  program           integer NOT NULL,
  version           integer NOT NULL CHECK (version > 0),
  set_at            timestamptz NOT NULL,
  weak_limit_points bigint NOT NULL CHECK (weak_limit_points >= 0),
  PRIMARY KEY (program, version)
);

-- The one-time code that a member has now. It lives for minutes and is no fact of the books: nothing
-- but a proof comes of it.
CREATE TABLE gratis_members.one_time_code (
  partition   integer NOT NULL,
  member      uuid NOT NULL,
  code        bytea NOT NULL CHECK (octet_length(code) = 16), -- keyed hash
  expires_at  timestamptz NOT NULL,
  tries_left  smallint NOT NULL CHECK (tries_left >= 0),
  used_by     text NOT NULL,                                  -- the key that had it right; '' for none
  used_at     timestamptz,
  hour_from   timestamptz NOT NULL,                           -- how many were issued since then
  hour_codes  smallint NOT NULL,
  PRIMARY KEY (partition, member)
);

-- QR tokens that were shown, each for as long as it lives.
CREATE TABLE gratis_members.used_qr_token (
  partition  integer NOT NULL,
  token      bytea NOT NULL CHECK (octet_length(token) = 16), -- hash
  used_by    bytea NOT NULL CHECK (octet_length(used_by) = 16), -- hash of key and transaction
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (partition, token)
);

GRANT SELECT, INSERT, UPDATE ON gratis_members.card TO gratis_members;
GRANT SELECT, INSERT ON gratis_members.proof_policy TO gratis_members;
GRANT SELECT, INSERT, UPDATE, DELETE ON gratis_members.one_time_code TO gratis_members;
GRANT SELECT, INSERT, DELETE ON gratis_members.used_qr_token TO gratis_members;
