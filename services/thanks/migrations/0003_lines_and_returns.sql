-- What was bought line by line, what became of it, and who buys how often.

-- From when on purchases go by a version, by when they were made; -infinity: all that were recorded
-- since it was set.
ALTER TABLE gratis_thanks.policy ADD COLUMN effective_from timestamptz NOT NULL DEFAULT '-infinity';

ALTER TABLE gratis_thanks.purchase
  ADD COLUMN store         text NOT NULL DEFAULT '',
  ADD COLUMN till          text NOT NULL DEFAULT '',
  ADD COLUMN business_date date,                      -- of a receipt
  ADD COLUMN receipt       text NOT NULL DEFAULT '',  -- of an order with an id: none
  ADD COLUMN position      bigint NOT NULL DEFAULT 0,
  ADD COLUMN more          jsonb;                     -- lines and how they earned; none of a mere total

-- A member as a buyer.
CREATE TABLE gratis_thanks.buyer (
  partition        integer NOT NULL,
  member           uuid NOT NULL,
  kept             bigint NOT NULL CHECK (kept >= 0),
  highest_position bigint NOT NULL CHECK (highest_position >= 0),
  first_at         timestamptz NOT NULL,
  last_at          timestamptz NOT NULL,
  claim_day        date,
  claims           integer NOT NULL,
  PRIMARY KEY (partition, member)
) WITH (fillfactor = 60);

-- Beside its purchase, or beside what nobody has claimed yet.
CREATE TABLE gratis_thanks.purchase_return (
  partition    integer NOT NULL,
  purchase     uuid NOT NULL,
  number       integer NOT NULL CHECK (number > 0),
  return_id    text NOT NULL,  -- empty: what claiming took at once for what had come back
  transaction  uuid NOT NULL,
  returned_at  timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  points_taken bigint NOT NULL CHECK (points_taken >= 0),
  body         jsonb NOT NULL,
  PRIMARY KEY (partition, purchase, number),
  UNIQUE (partition, purchase, return_id)
);

CREATE TABLE gratis_thanks.delivery (
  partition    integer NOT NULL,
  purchase     uuid NOT NULL,
  delivered_at timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  PRIMARY KEY (partition, purchase)
);

-- Purchases of nobody yet, in the partition of their order.
CREATE TABLE gratis_thanks.unclaimed (
  partition integer NOT NULL,
  purchase  uuid NOT NULL,
  body      jsonb NOT NULL,
  PRIMARY KEY (partition, purchase)
);

-- Returns that came before their purchase. Until then the order's name leads to `purchase`, where
-- nothing is.
CREATE TABLE gratis_thanks.parked_return (
  program   integer NOT NULL,
  name      bytea NOT NULL,
  number    integer NOT NULL CHECK (number > 0),
  partition integer NOT NULL,
  purchase  uuid NOT NULL,
  body      jsonb NOT NULL,
  PRIMARY KEY (program, name, number)
);

-- Where a name leads on to: what was claimed, or what a return was waiting for.
CREATE TABLE gratis_thanks.moved (
  partition integer NOT NULL,
  purchase  uuid NOT NULL,
  member    uuid NOT NULL,
  became    uuid NOT NULL,  -- the purchase, in the member's partition
  PRIMARY KEY (partition, purchase)
);

GRANT SELECT, INSERT, UPDATE ON gratis_thanks.buyer TO gratis_thanks;
GRANT SELECT, INSERT ON gratis_thanks.purchase_return, gratis_thanks.delivery,
  gratis_thanks.moved TO gratis_thanks;
-- UPDATE, since a lock on a row takes it.
GRANT SELECT, INSERT, UPDATE ON gratis_thanks.unclaimed TO gratis_thanks;
GRANT SELECT, INSERT, UPDATE, DELETE ON gratis_thanks.parked_return TO gratis_thanks;
