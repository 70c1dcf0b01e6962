-- Members have a state, and names may be given up.

ALTER TABLE ledger.holder ADD COLUMN state smallint NOT NULL DEFAULT 1;
ALTER TABLE ledger.holder ALTER COLUMN state DROP DEFAULT;

-- What was given up is known by its number in the journal alone; its row is gone.
CREATE INDEX journal_by_release ON ledger.journal (partition, seq) WHERE kind = 11;

GRANT UPDATE (state) ON ledger.holder TO gratis_poster;
GRANT DELETE ON ledger.directory TO gratis_poster;
