-- Who earns by what is bought for an organization is a setting that somebody answers for; who merged members, too.
DROP INDEX ledger.journal_by_act;
CREATE INDEX journal_by_act ON ledger.journal (partition, seq)
  WHERE kind < 10 OR kind IN (12, 17, 18, 19, 28, 29, 32, 41, 63, 70, 71, 72, 73, 80, 82, 85, 86, 89);
