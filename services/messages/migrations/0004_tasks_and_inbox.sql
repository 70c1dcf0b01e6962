-- A message to staff is a task: what is to be done is the message's text. States are those of
-- task_rules.h.
CREATE TABLE gratis_messages.task (
  partition  integer NOT NULL,
  id         uuid NOT NULL,
  member     uuid NOT NULL,
  store      text NOT NULL,
  purchase   text NOT NULL,
  state      smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
  staff      text NOT NULL,
  created_at timestamptz NOT NULL,
  taken_at   timestamptz,
  ended_at   timestamptz,
  PRIMARY KEY (partition, id)
);
CREATE INDEX task_to_do ON gratis_messages.task (id) WHERE state IN (1, 2);

-- When a message in the inbox was first read.
CREATE TABLE gratis_messages.inbox_read (
  partition integer NOT NULL,
  id        uuid NOT NULL,
  read_at   timestamptz NOT NULL,
  PRIMARY KEY (partition, id)
);

GRANT SELECT, INSERT, UPDATE ON gratis_messages.task TO gratis_messages;
GRANT SELECT, INSERT ON gratis_messages.inbox_read TO gratis_messages;
