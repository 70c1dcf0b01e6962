-- What people answer for is rare and asked for by itself; what happens every day is not in this index. The kinds are
-- those of list_acts.sql.
CREATE INDEX journal_by_act ON ledger.journal (partition, seq)
  WHERE kind < 10 OR kind IN (11, 12, 13, 18, 28, 29, 32, 41, 63) OR kind BETWEEN 70 AND 89;
