-- What whoever serves a member should know of their past, as the journal says it so far as it was
-- read. All of it can be made from the journal again.

-- How far each partition's journal was read.
CREATE TABLE gratis_members.brief_cursor (
  partition integer PRIMARY KEY,
  seq       bigint NOT NULL CHECK (seq >= 0)
) WITH (fillfactor = 10);

-- Visits are days, in the program's zone, with a purchase.
CREATE TABLE gratis_members.brief_member (
  partition        integer NOT NULL,
  member           uuid NOT NULL,
  visits           bigint NOT NULL CHECK (visits >= 0),
  purchases        bigint NOT NULL CHECK (purchases >= visits),
  first_visit      date,
  last_visit       date,
  gift_at          timestamptz,  -- the last birthday gift
  gift_points      bigint,
  gift_transaction uuid,
  PRIMARY KEY (partition, member),
  CHECK ((visits = 0) = (first_visit IS NULL) AND (visits = 0) = (last_visit IS NULL)),
  CHECK ((gift_at IS NULL) = (gift_points IS NULL) AND (gift_at IS NULL) = (gift_transaction IS NULL))
) WITH (fillfactor = 70);

-- Purchases, by the day of the visit and then by their place in the journal.
CREATE TABLE gratis_members.brief_purchase (
  partition    integer NOT NULL,
  member       uuid NOT NULL,
  day          date NOT NULL,
  seq          bigint NOT NULL,
  purchased_at timestamptz NOT NULL,
  transaction  uuid NOT NULL,
  source       text NOT NULL,
  currency     text NOT NULL,
  total_minor  bigint NOT NULL,
  PRIMARY KEY (partition, member, day, seq)
);

GRANT SELECT, INSERT, UPDATE ON gratis_members.brief_cursor, gratis_members.brief_member
  TO gratis_members;
GRANT SELECT, INSERT ON gratis_members.brief_purchase TO gratis_members;
