-- Triggers, version by version, and what became of them.

CREATE TABLE gratis_thanks.trigger (
  program integer NOT NULL,
  code    text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  set_at  timestamptz NOT NULL,
  body    jsonb NOT NULL,
  PRIMARY KEY (program, code, version)
);

CREATE TABLE gratis_thanks.trigger_limits (
  program     integer NOT NULL,
  version     integer NOT NULL CHECK (version > 0),
  set_at      timestamptz NOT NULL,
  most        integer NOT NULL CHECK (most >= 0),
  within_days integer NOT NULL CHECK (within_days >= 0),
  PRIMARY KEY (program, version)
);

-- One row per purchase, or sign-up, and trigger that was meant: what is due, and what became of it.
CREATE TABLE gratis_thanks.trigger_result (
  partition   integer NOT NULL,
  subject     uuid NOT NULL,  -- the purchase, or the member who signed up
  trigger     text NOT NULL,
  version     integer NOT NULL,
  member      uuid NOT NULL,
  signed_up   boolean NOT NULL,
  outcome     smallint NOT NULL CHECK (outcome IN (1, 2, 5, 6)),
  why         smallint NOT NULL,
  due_at      timestamptz NOT NULL,
  acts_at     timestamptz NOT NULL,  -- when it was decided; due_at while it is due
  old_at      timestamptz NOT NULL,  -- from then on it is too late
  position    bigint NOT NULL,
  store       text NOT NULL,
  counts      boolean NOT NULL,
  points      bigint NOT NULL CHECK (points >= 0),
  voucher     uuid,
  transaction uuid,
  PRIMARY KEY (partition, subject, trigger)
) WITH (fillfactor = 85);

CREATE INDEX trigger_result_by_member
  ON gratis_thanks.trigger_result (partition, member, acts_at, subject, trigger);
CREATE INDEX trigger_result_due ON gratis_thanks.trigger_result (partition, due_at, subject, trigger)
  WHERE outcome = 2;

-- Triggers that looked at a purchase and were not meant, and why.
CREATE TABLE gratis_thanks.trigger_passed_over (
  partition integer NOT NULL,
  subject   uuid NOT NULL,
  moment    smallint NOT NULL,  -- 1 bought, 2 delivered
  passed    text NOT NULL,      -- "code:version:why", with spaces between
  PRIMARY KEY (partition, subject, moment)
);

-- How far each partition's journal was read for sign-ups.
CREATE TABLE gratis_thanks.welcome_cursor (
  partition integer PRIMARY KEY,
  seq       bigint NOT NULL CHECK (seq >= 0)
) WITH (fillfactor = 10);

GRANT SELECT, INSERT ON gratis_thanks.trigger, gratis_thanks.trigger_limits,
                        gratis_thanks.trigger_passed_over TO gratis_thanks;
GRANT SELECT, INSERT, UPDATE ON gratis_thanks.trigger_result, gratis_thanks.welcome_cursor
  TO gratis_thanks;
