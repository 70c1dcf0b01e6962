-- What goes out, and who is written to no more.

-- A delivery waits in line for its endpoint: a subscription, or one that all letters share. What it says is kept
-- elsewhere (letters) or in `body` (webhooks: an entry of the journal, so ids and figures).
CREATE TABLE gratis_messages.delivery (
  partition    integer NOT NULL,
  delivery     uuid NOT NULL,
  place        bigint GENERATED ALWAYS AS IDENTITY,  -- in the line of its endpoint
  program      integer NOT NULL,
  channel      smallint NOT NULL,
  endpoint     uuid NOT NULL,
  message      uuid,
  member       uuid,
  event_id     text,
  event_kind   smallint,
  body         text,
  order_key    uuid,     -- waits for those before it in line that have the same
  address_key  bytea,    -- of whom it is for, as suppression has it
  marketing    boolean NOT NULL DEFAULT false,
  state        smallint NOT NULL,
  attempts     integer NOT NULL DEFAULT 0,  -- begun; the last one's number fences off those before
  created_at   timestamptz NOT NULL,
  next_at      timestamptz NOT NULL,
  give_up_at   timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL,
  lease_until  timestamptz,
  handing_over boolean NOT NULL DEFAULT false,  -- from here on nobody knows whether it was taken, but by its answer
  in_doubt     boolean NOT NULL DEFAULT false,
  reason       text NOT NULL DEFAULT '',
  answer_code  integer NOT NULL DEFAULT 0,
  elapsed_ms   integer NOT NULL DEFAULT 0,
  PRIMARY KEY (partition, delivery)
) WITH (fillfactor = 70);

CREATE INDEX delivery_in_line ON gratis_messages.delivery (endpoint, next_at, place) WHERE state = 1;
CREATE INDEX delivery_in_order ON gratis_messages.delivery (endpoint, order_key, place)
  WHERE order_key IS NOT NULL AND state IN (1, 2);
CREATE INDEX delivery_under_way ON gratis_messages.delivery (lease_until) WHERE state = 2;
CREATE INDEX delivery_by_endpoint ON gratis_messages.delivery (endpoint, delivery);
CREATE INDEX delivery_dead ON gratis_messages.delivery (endpoint, delivery) WHERE state = 4;
CREATE INDEX delivery_by_member ON gratis_messages.delivery (partition, member, delivery) WHERE channel <> 2;
CREATE UNIQUE INDEX delivery_of_message ON gratis_messages.delivery (program, message, channel)
  WHERE message IS NOT NULL;

-- Attempts; those that succeeded at once are told by their delivery alone.
CREATE TABLE gratis_messages.attempt (
  partition   integer NOT NULL,
  delivery    uuid NOT NULL,
  number      integer NOT NULL,
  ended_at    timestamptz NOT NULL,
  outcome     smallint NOT NULL,
  reason      text NOT NULL,
  answer_code integer NOT NULL,
  answer      text NOT NULL,
  elapsed_ms  integer NOT NULL,
  PRIMARY KEY (partition, delivery, number),
  FOREIGN KEY (partition, delivery) REFERENCES gratis_messages.delivery ON DELETE CASCADE
);

-- Endpoints that fail; those without a row do not.
CREATE TABLE gratis_messages.circuit (
  endpoint   uuid PRIMARY KEY,
  failures   integer NOT NULL,
  open_until timestamptz NOT NULL
);

CREATE TABLE gratis_messages.suppression (
  program     integer NOT NULL,
  address_key bytea NOT NULL,
  suppression uuid NOT NULL,
  scope       smallint NOT NULL,
  cause       smallint NOT NULL,
  set_at      timestamptz NOT NULL,
  set_by      text NOT NULL,
  PRIMARY KEY (program, address_key),
  UNIQUE (program, suppression)
);

GRANT USAGE ON SCHEMA gratis_messages TO gratis_messages;
GRANT SELECT, INSERT, UPDATE, DELETE ON gratis_messages.delivery, gratis_messages.attempt, gratis_messages.circuit,
  gratis_messages.suppression TO gratis_messages;
