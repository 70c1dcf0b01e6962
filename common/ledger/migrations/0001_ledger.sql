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
  recorded_at timestamptz NOT NULL,
  requests    bigint NOT NULL CHECK (requests >= 0),  -- answered from here, ever
  names       bigint NOT NULL CHECK (names >= 0),     -- that lead here
  seal        bytea NOT NULL                          -- empty until something is posted
) WITH (fillfactor = 10);

CREATE TABLE ledger.journal (
  partition    integer NOT NULL,
  seq          bigint NOT NULL,
  transaction  uuid NOT NULL,
  kind         smallint NOT NULL,
  member       uuid,
  unit         smallint NOT NULL,
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
  about        uuid,                  -- the hold, voucher or adjustment it concerns
  budget       uuid,
  undoes       bigint,                -- seq of the row that it reverses
  origin       smallint,              -- set where the row makes a lot, as the next two are
  earned_at    timestamptz,
  available_at timestamptz,
  expires_at   timestamptz,           -- of the lot, or of the hold being placed
  PRIMARY KEY (partition, seq),
  CHECK ((points = 0) = (debit = 0) AND (debit = 0) = (credit = 0))
);
CREATE INDEX journal_by_member ON ledger.journal (partition, member, seq) WHERE member IS NOT NULL;
CREATE INDEX journal_by_transaction ON ledger.journal (partition, transaction);
CREATE INDEX journal_by_undone ON ledger.journal (partition, undoes) WHERE undoes IS NOT NULL;

-- How a row's points fall onto lots made before it; 0 is no lot.
CREATE TABLE ledger.allocation (
  partition  integer NOT NULL,
  seq        bigint NOT NULL,
  ordinal    integer NOT NULL,
  debit_lot  bigint NOT NULL,
  credit_lot bigint NOT NULL,
  points     bigint NOT NULL CHECK (points > 0),
  PRIMARY KEY (partition, seq, ordinal)
);

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
  unit      smallint NOT NULL,
  available bigint NOT NULL CHECK (available >= 0),
  pending   bigint NOT NULL CHECK (pending >= 0),
  held      bigint NOT NULL CHECK (held >= 0),
  debt      bigint NOT NULL CHECK (debt <= 0),
  next_due  timestamptz NOT NULL,     -- nothing falls due before
  active_at timestamptz NOT NULL,
  PRIMARY KEY (partition, member, unit),
  CHECK (available = 0 OR debt = 0)
) WITH (fillfactor = 70);
CREATE INDEX wallet_by_due ON ledger.wallet (partition, next_due, member, unit) WHERE next_due < 'infinity';

-- A lot is known by the seq of the row that made it.
CREATE TABLE ledger.lot (
  partition    integer NOT NULL,
  seq          bigint NOT NULL,
  member       uuid NOT NULL,
  unit         smallint NOT NULL,
  origin       smallint NOT NULL,
  points       bigint NOT NULL CHECK (points > 0),
  earned_at    timestamptz NOT NULL,
  available_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  available    bigint NOT NULL CHECK (available >= 0),
  pending      bigint NOT NULL CHECK (pending >= 0),
  held         bigint NOT NULL CHECK (held >= 0),
  debt         bigint NOT NULL CHECK (debt <= 0),
  spent        bigint NOT NULL CHECK (spent >= 0),
  expired      bigint NOT NULL CHECK (expired >= 0),
  taken        bigint NOT NULL CHECK (taken >= 0),
  lent         bigint NOT NULL CHECK (lent >= 0),
  borrowed     bigint NOT NULL CHECK (borrowed >= 0),
  open         boolean NOT NULL,
  PRIMARY KEY (partition, seq),
  CHECK (points = available + pending + held + debt + spent + expired + taken + lent - borrowed),
  CHECK (open = (available > 0 OR pending > 0 OR held > 0 OR debt < 0))
) WITH (fillfactor = 80);
CREATE INDEX lot_to_spend ON ledger.lot (partition, member, unit, expires_at, earned_at, seq) WHERE open;

-- What a lot that was taken back after its points were spent has borrowed from others.
CREATE TABLE ledger.cover (
  partition integer NOT NULL,
  borrower  bigint NOT NULL,
  lender    bigint NOT NULL,
  points    bigint NOT NULL CHECK (points >= 0),
  PRIMARY KEY (partition, borrower, lender)
);

CREATE TABLE ledger.hold (
  partition  integer NOT NULL,
  hold       uuid NOT NULL,
  member     uuid NOT NULL,
  unit       smallint NOT NULL,
  points     bigint NOT NULL CHECK (points > 0),
  placed_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  open       boolean NOT NULL,
  PRIMARY KEY (partition, hold)
);
CREATE INDEX hold_of_member ON ledger.hold (partition, member) WHERE open;

CREATE TABLE ledger.pin (
  partition integer NOT NULL,
  hold      uuid NOT NULL,
  lot       bigint NOT NULL,
  points    bigint NOT NULL CHECK (points >= 0),
  PRIMARY KEY (partition, hold, lot)
);

CREATE TABLE ledger.voucher (
  partition    integer NOT NULL,
  voucher      uuid NOT NULL,
  member       uuid NOT NULL,
  lot          bigint NOT NULL,
  kind         smallint NOT NULL,
  basis_points integer NOT NULL,
  item         text NOT NULL,
  origin       text NOT NULL,
  one_live     boolean NOT NULL,
  PRIMARY KEY (partition, voucher)
);
CREATE INDEX voucher_of_member ON ledger.voucher (partition, member, lot);

CREATE TABLE ledger.account (
  partition integer NOT NULL,
  unit      smallint NOT NULL,
  account   smallint NOT NULL,
  points    bigint NOT NULL,
  PRIMARY KEY (partition, unit, account)
) WITH (fillfactor = 10);

CREATE TABLE ledger.unit (
  program           integer NOT NULL REFERENCES ledger.program (number),
  number            smallint NOT NULL CHECK (number BETWEEN 1 AND 99),
  version           integer NOT NULL,
  code              text NOT NULL,
  display_name      text NOT NULL,
  expiry            smallint NOT NULL,
  expiry_months     integer NOT NULL,
  expiry_month      integer NOT NULL,
  expiry_day        integer NOT NULL,
  rounding          smallint NOT NULL,
  clawback          smallint NOT NULL,
  transferable      boolean NOT NULL,
  adjust_limit      bigint NOT NULL,
  max_hold_hours    integer NOT NULL,
  return_grace_days integer NOT NULL,
  PRIMARY KEY (program, number),
  UNIQUE (program, code)
);

CREATE TABLE ledger.budget (
  program      integer NOT NULL REFERENCES ledger.program (number),
  budget       uuid NOT NULL,
  code         text NOT NULL,
  unit         smallint NOT NULL,
  limit_points bigint NOT NULL,
  spent        bigint NOT NULL,
  PRIMARY KEY (program, budget),
  UNIQUE (program, code),
  CHECK (spent BETWEEN 0 AND limit_points)
) WITH (fillfactor = 10);

-- What each partition's journal drew on a budget.
CREATE TABLE ledger.budget_draw (
  partition integer NOT NULL,
  budget    uuid NOT NULL,
  spent     bigint NOT NULL,
  PRIMARY KEY (partition, budget)
) WITH (fillfactor = 50);

-- What so many points of a unit are worth, in minor units of the program's currency. The row of the
-- program's first partition that set it is `seq`.
CREATE TABLE ledger.rate (
  program        integer NOT NULL REFERENCES ledger.program (number),
  unit           smallint NOT NULL,
  version        integer NOT NULL,
  minor_units    bigint NOT NULL CHECK (minor_units >= 0),
  per_points     bigint NOT NULL CHECK (per_points > 0),
  effective_from timestamptz NOT NULL,
  seq            bigint NOT NULL,
  PRIMARY KEY (program, unit, version)
);

-- Accounting periods that are closed; each begins where the one before ends. Their figures are in the
-- row of the program's first partition that closed them, `seq`.
CREATE TABLE ledger.period (
  program   integer NOT NULL REFERENCES ledger.program (number),
  number    integer NOT NULL,
  ends_at   timestamptz NOT NULL,
  closed_at timestamptz NOT NULL,
  seq       bigint NOT NULL,
  PRIMARY KEY (program, number)
);

-- Rows of the next two are sealed one by one and counted by their partition's head: they are never
-- changed, and the journal says nothing of them.
CREATE TABLE ledger.directory (
  program   integer NOT NULL,
  kind      smallint NOT NULL,
  key       bytea NOT NULL,
  partition integer NOT NULL,
  id        uuid NOT NULL,
  number    bigint NOT NULL,          -- counted in its partition, from 1
  seal      bytea NOT NULL,
  PRIMARY KEY (program, kind, key)
);

CREATE TABLE ledger.request (
  program     integer NOT NULL,
  request_id  text COLLATE "C" NOT NULL,  -- printable ASCII, compared byte by byte
  fingerprint bytea NOT NULL,
  answer      bytea NOT NULL,
  partition   integer NOT NULL,
  recorded_at timestamptz NOT NULL,
  number      bigint NOT NULL,        -- counted in its partition, from 1
  seal        bytea NOT NULL,
  PRIMARY KEY (program, request_id)
);

-- Program 1 is the house itself: what is done to the engine as a whole is journaled in it.
INSERT INTO ledger.program VALUES (1, 'house', 'The house', 'USD', 'UTC', 0, 1, '2000-01-01T00:00:00Z');
INSERT INTO ledger.head VALUES (0, 1, 0, decode(repeat('00', 32), 'hex'), '-infinity', 0, 0, '');

GRANT USAGE ON SCHEMA ledger TO gratis_poster;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO gratis_poster;
GRANT INSERT ON ALL TABLES IN SCHEMA ledger TO gratis_poster;
GRANT UPDATE ON ledger.head, ledger.wallet, ledger.lot, ledger.cover, ledger.hold, ledger.pin, ledger.account,
  ledger.unit, ledger.budget, ledger.budget_draw TO gratis_poster;
