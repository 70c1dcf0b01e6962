-- Who may be owed a gift because they corrected their birthday to a day that was over, until a run has seen what
-- becomes of it; and how far each partition's journal was read for them.

CREATE TABLE gratis_birthdays.correction (
  partition integer NOT NULL,
  member    uuid NOT NULL,
  PRIMARY KEY (partition, member)
);

CREATE TABLE gratis_birthdays.correction_cursor (
  partition integer PRIMARY KEY,
  seq       bigint NOT NULL CHECK (seq >= 0)
) WITH (fillfactor = 10);

-- As of when everything due was given first; of what was given before this was kept: always.
ALTER TABLE gratis_birthdays.progress ADD COLUMN began_at timestamptz NOT NULL DEFAULT '-infinity';

GRANT SELECT, INSERT, DELETE ON gratis_birthdays.correction TO gratis_birthdays;
GRANT SELECT, INSERT, UPDATE ON gratis_birthdays.correction_cursor TO gratis_birthdays;
