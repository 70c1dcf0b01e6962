-- What belongs to the engine as a whole. All services may use it, as members of gratis_poster.

CREATE TABLE house.api_key (
  key_id         uuid PRIMARY KEY,
  secret_hash    bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
  role           smallint NOT NULL CHECK (role BETWEEN 1 AND 8),
  program_number integer,
  label          text NOT NULL,
  created_at     timestamptz NOT NULL,
  revoked_at     timestamptz
);

-- The development clock of a program that has one.
CREATE TABLE house.clock (
  program_number integer PRIMARY KEY,
  now            timestamptz NOT NULL
);

-- Which process does a job for a program, until when, and how far it has come.
CREATE TABLE house.job (
  program_number integer NOT NULL,
  name           text NOT NULL,
  leased_by      text,
  leased_until   timestamptz,
  ran_through    timestamptz,
  PRIMARY KEY (program_number, name)
);

-- By what the engine knows its master key; it tells nothing about the key.
CREATE TABLE house.master_key (
  version     integer PRIMARY KEY,
  check_value bytea NOT NULL
);

GRANT USAGE ON SCHEMA house TO gratis_poster;
GRANT SELECT, INSERT ON house.api_key, house.clock, house.job, house.master_key TO gratis_poster;
GRANT UPDATE ON house.clock, house.job TO gratis_poster;
GRANT UPDATE (revoked_at) ON house.api_key TO gratis_poster;
