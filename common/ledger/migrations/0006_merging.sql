-- A member that turned out to be another's duplicate names who they became part of.
ALTER TABLE ledger.holder ADD COLUMN survivor uuid;
ALTER TABLE ledger.holder ADD CHECK ((state = 8) = (survivor IS NOT NULL));
CREATE INDEX holder_by_survivor ON ledger.holder (survivor) WHERE survivor IS NOT NULL;

-- How many merges there were, for whoever keeps them in mind.
CREATE INDEX journal_by_merge ON ledger.journal (partition, seq) WHERE kind IN (19, 86);

GRANT UPDATE (survivor) ON ledger.holder TO gratis_poster;
-- A voucher that comes over again has a row there already.
GRANT UPDATE (member, lot) ON ledger.voucher TO gratis_poster;
