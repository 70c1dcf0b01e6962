-- Which version of the master key wraps a member's data key, as the key's first four bytes say it.
ALTER TABLE gratis_members.member ADD COLUMN key_version integer NOT NULL GENERATED ALWAYS AS (
  get_byte(data_key, 0) << 24 | get_byte(data_key, 1) << 16 | get_byte(data_key, 2) << 8 | get_byte(data_key, 3)
) STORED;
-- Nearly all rows are of one version, so the index is small.
CREATE INDEX member_by_key_version ON gratis_members.member (key_version, partition);

GRANT UPDATE (data_key) ON gratis_members.member TO gratis_members;
