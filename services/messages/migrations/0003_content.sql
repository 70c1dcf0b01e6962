-- What is said: templates and policy, as set version by version.
CREATE TABLE gratis_messages.template (
  program integer NOT NULL,
  code    text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  content bytea NOT NULL,
  set_at  timestamptz NOT NULL,
  set_by  text NOT NULL,
  PRIMARY KEY (program, code, version)
);

CREATE TABLE gratis_messages.messaging_policy (
  program integer NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  content bytea NOT NULL,
  set_at  timestamptz NOT NULL,
  set_by  text NOT NULL,
  PRIMARY KEY (program, version)
);

-- How far each partition's journal was read for what is to be said. Its lock makes what is decided
-- for the partition serial.
CREATE TABLE gratis_messages.intent_cursor (
  partition integer PRIMARY KEY,
  seq       bigint NOT NULL
);

-- What is to be said to a member, was, or is not, and why. State and why are those of message_rules.h.
-- The text is there while it is kept: sealed under a key of its own.
CREATE TABLE gratis_messages.message (
  partition        integer NOT NULL,
  id               uuid NOT NULL,
  member           uuid NOT NULL,
  channel          smallint NOT NULL,
  occasion         smallint NOT NULL,
  template         text NOT NULL,
  transaction      uuid NOT NULL,
  purchase         text NOT NULL,
  trigger          text NOT NULL,
  store            text NOT NULL,
  occurred_at      timestamptz NOT NULL,
  max_age_seconds  bigint NOT NULL,
  detail           text NOT NULL,
  points           bigint NOT NULL,
  seq              bigint NOT NULL,
  created_at       timestamptz NOT NULL,
  state            smallint NOT NULL CHECK (state IN (1, 2, 3)),
  why              smallint NOT NULL,
  due_at           timestamptz NOT NULL,
  after_complaint  boolean NOT NULL DEFAULT false,
  decided_at       timestamptz,
  template_version integer NOT NULL DEFAULT 0,
  language         text NOT NULL DEFAULT '',
  variant          integer NOT NULL DEFAULT 0,
  left_out         text NOT NULL DEFAULT '',
  data_key         bytea,
  sealed           bytea,
  PRIMARY KEY (partition, id)
);
CREATE INDEX message_due ON gratis_messages.message (partition, due_at) WHERE state = 1;
CREATE INDEX message_of_member ON gratis_messages.message (partition, member, id);
CREATE INDEX message_kept ON gratis_messages.message (partition, decided_at)
  WHERE sealed IS NOT NULL;

-- Complaints that are open.
CREATE TABLE gratis_messages.complaint (
  partition integer NOT NULL,
  member    uuid NOT NULL,
  complaint text NOT NULL,
  seq       bigint NOT NULL,
  PRIMARY KEY (partition, member, complaint)
);

GRANT SELECT, INSERT ON gratis_messages.template, gratis_messages.messaging_policy
  TO gratis_messages;
GRANT SELECT, INSERT, UPDATE ON gratis_messages.intent_cursor, gratis_messages.message
  TO gratis_messages;
GRANT SELECT, INSERT, DELETE ON gratis_messages.complaint TO gratis_messages;
