-- What members would have liked to buy and could not, and what is there again.

-- A member has one wish for a SKU and store: the latest.
CREATE TABLE gratis_thanks.wish (
  partition integer NOT NULL,
  member    uuid NOT NULL,
  sku       text NOT NULL,
  store     text NOT NULL,      -- where it is to be back; empty: anywhere
  origin    smallint NOT NULL CHECK (origin IN (1, 2)),  -- 1 asked for, 2 noticed
  noted_at  timestamptz NOT NULL,
  state     smallint NOT NULL CHECK (state BETWEEN 1 AND 4),  -- 1 waits, 2 met, 3 withdrawn, 4 overtaken
  ended_at  timestamptz CHECK ((state = 1) = (ended_at IS NULL)),
  purchase  uuid,               -- in which it lacked
  PRIMARY KEY (partition, member, sku, store)
) WITH (fillfactor = 85);

CREATE INDEX wish_waiting ON gratis_thanks.wish (partition, sku, member) WHERE state = 1;

CREATE TABLE gratis_thanks.restock (
  program      integer NOT NULL,
  restock      uuid NOT NULL,
  sku          text NOT NULL,
  store        text NOT NULL,
  item         text NOT NULL,
  restocked_at timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  told_at      timestamptz,     -- when everybody who waited had been told
  PRIMARY KEY (program, restock)
) WITH (fillfactor = 85);

CREATE INDEX restock_open ON gratis_thanks.restock (program, restock) WHERE told_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON gratis_thanks.wish, gratis_thanks.restock TO gratis_thanks;
