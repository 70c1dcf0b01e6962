-- Members who may be one person: requests that were refused took them for one. Ids, kinds of identifiers
-- and times only. All of a program's are in its first partition, as cards are, and change under its
-- head's lock; `low` is the lower id of the two. Whoever is merged or erased has none any more.
CREATE TABLE gratis_members.proposed_merge (
  partition    integer NOT NULL,
  low          uuid NOT NULL,
  high         uuid NOT NULL,
  shared       smallint NOT NULL,               -- bits: 1 phone, 2 e-mail, 4 card, 8 external id
  times        bigint NOT NULL,
  first_seen   timestamptz NOT NULL,
  last_seen    timestamptz NOT NULL,
  dismissed_at timestamptz,                     -- when somebody said that they are two
  dismissed_by text NOT NULL DEFAULT '',
  PRIMARY KEY (partition, low, high)
);
CREATE INDEX proposed_merge_by_high ON gratis_members.proposed_merge (partition, high, low);
CREATE INDEX proposed_merge_by_time ON gratis_members.proposed_merge (partition, last_seen, low, high);

GRANT SELECT, INSERT, DELETE, UPDATE (shared, times, last_seen, dismissed_at, dismissed_by)
  ON gratis_members.proposed_merge TO gratis_members;
