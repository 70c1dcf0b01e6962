-- How each thing that is set was before is looked for by itself: of some kinds, as of suppressions, there are many.
-- The kinds are those of list_acts.sql.
CREATE INDEX journal_by_setting ON ledger.journal (partition, kind, source, seq)
  WHERE kind IN (4, 17, 32, 36, 41, 70, 71, 72, 80, 82, 89, 90, 91, 92, 93, 94);
