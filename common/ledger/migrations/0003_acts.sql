-- What people answer for is rare and asked for by itself; what happens every day is not in this index. The kinds are
-- those of list_acts.sql.
CREATE INDEX journal_by_act ON ledger.journal (partition, seq)
  WHERE kind < 10 OR kind IN (12, 18, 28, 29, 32, 41, 63, 70, 71, 72, 73, 80, 82, 85);
