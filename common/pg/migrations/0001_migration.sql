CREATE SCHEMA IF NOT EXISTS house;

-- What was applied to each schema. A row never changes.
CREATE TABLE house.migration (
  schema text NOT NULL,
  number int NOT NULL CHECK (number > 0),
  name text NOT NULL,
  checksum bytea NOT NULL CHECK (octet_length(checksum) = 32),
  applied_at timestamptz NOT NULL,
  PRIMARY KEY (schema, number)
);
