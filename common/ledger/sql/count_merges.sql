-- Merges and their undoings, ever: whoever keeps the merged in mind reads them again when it changed.
SELECT count(*)
FROM ledger.journal
WHERE kind IN (19, 86)
