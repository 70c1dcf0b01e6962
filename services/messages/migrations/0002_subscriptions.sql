-- Who is told what the journal says, and how far it was taken for them.

CREATE TABLE gratis_messages.subscription (
  program        integer NOT NULL,
  subscription   uuid NOT NULL,
  url            text NOT NULL,
  label          text NOT NULL,
  kinds          smallint[] NOT NULL,  -- none: all
  ordered        boolean NOT NULL,
  max_in_flight  integer NOT NULL CHECK (max_in_flight BETWEEN 1 AND 256),
  paused         boolean NOT NULL,
  generation     integer NOT NULL CHECK (generation > 0),
  previous_until timestamptz,
  created_at     timestamptz NOT NULL,
  deleted_at     timestamptz,
  PRIMARY KEY (program, subscription)
);
CREATE UNIQUE INDEX subscription_by_id ON gratis_messages.subscription (subscription);

CREATE TABLE gratis_messages.subscription_cursor (
  subscription uuid NOT NULL REFERENCES gratis_messages.subscription (subscription),
  partition    integer NOT NULL,
  seq          bigint NOT NULL CHECK (seq >= 0),
  PRIMARY KEY (subscription, partition)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT, UPDATE ON gratis_messages.subscription, gratis_messages.subscription_cursor TO gratis_messages;
