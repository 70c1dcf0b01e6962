-- Duplicates that became part of another member, in the duplicate's partition. `merge` and `arriving` are the
-- transactions of the two members; `seq` is the row of the duplicate's journal that says it.
CREATE TABLE gratis_members.merging (
  partition  integer NOT NULL,
  merge      uuid NOT NULL,
  duplicate  uuid NOT NULL,
  survivor   uuid NOT NULL,
  arriving   uuid NOT NULL,
  seq        bigint NOT NULL,
  merged_at  timestamptz NOT NULL,
  undo_until timestamptz NOT NULL,
  undone_at  timestamptz,
  PRIMARY KEY (partition, merge)
);
CREATE INDEX merging_by_survivor ON gratis_members.merging (survivor, merge);

GRANT SELECT, INSERT, UPDATE (undone_at) ON gratis_members.merging TO gratis_members;
