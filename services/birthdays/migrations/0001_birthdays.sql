-- What each program gives on birthdays, as set version by version, and what was given.

CREATE TABLE gratis_birthdays.policy (
  program       integer NOT NULL,
  version       integer NOT NULL CHECK (version > 0),
  enabled       boolean NOT NULL,
  points        bigint NOT NULL CHECK (points BETWEEN 1 AND 1000000),
  local_hour    integer NOT NULL CHECK (local_hour BETWEEN 0 AND 23),
  lead_days     integer NOT NULL CHECK (lead_days BETWEEN 0 AND 35),
  late_days     integer NOT NULL CHECK (late_days BETWEEN 0 AND 30),
  leap_day_rule smallint NOT NULL CHECK (leap_day_rule IN (1, 2)),
  set_at        timestamptz NOT NULL,
  set_by        text NOT NULL,
  PRIMARY KEY (program, version)
);

-- One gift per member and birthday year.
CREATE TABLE gratis_birthdays.gift (
  partition      integer NOT NULL,
  member         uuid NOT NULL,
  year           integer NOT NULL,
  transaction    uuid NOT NULL,
  points         bigint NOT NULL CHECK (points > 0),
  due_at         timestamptz NOT NULL,
  given_at       timestamptz NOT NULL,
  policy_version integer NOT NULL,
  PRIMARY KEY (partition, member, year)
);

-- As of when everything due was last given.
CREATE TABLE gratis_birthdays.progress (
  program     integer PRIMARY KEY,
  ran_through timestamptz NOT NULL
);

GRANT USAGE ON SCHEMA gratis_birthdays TO gratis_birthdays;
GRANT SELECT, INSERT ON gratis_birthdays.policy, gratis_birthdays.gift TO gratis_birthdays;
GRANT SELECT, INSERT, UPDATE ON gratis_birthdays.progress TO gratis_birthdays;
