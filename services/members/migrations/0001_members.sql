-- The people of the programs. Nothing here can be read without the master key: `profile` is sealed
-- with the member's own `data_key`, which is wrapped by the master key, and `birthday_key` is a
-- keyed hash of month and day. How members are found by e-mail, phone and external id is in the
-- ledger's directory, as keyed hashes too.
CREATE TABLE gratis_members.member (
  partition    integer NOT NULL,
  member       uuid NOT NULL,
  enrolled_at  timestamptz NOT NULL,
  birthday_key bytea CHECK (octet_length(birthday_key) = 16),
  data_key     bytea NOT NULL,
  profile      bytea NOT NULL,
  PRIMARY KEY (partition, member)
);
CREATE INDEX member_by_birthday ON gratis_members.member (partition, birthday_key, member)
  WHERE birthday_key IS NOT NULL;

GRANT USAGE ON SCHEMA gratis_members TO gratis_members;
GRANT SELECT, INSERT ON gratis_members.member TO gratis_members;
