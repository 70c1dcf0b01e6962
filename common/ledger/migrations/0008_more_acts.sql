-- Triggers, surprises, inactivity, templates, messaging, subscriptions and suppressions are set by somebody.
DROP INDEX ledger.journal_by_act;
CREATE INDEX journal_by_act ON ledger.journal (partition, seq)
  WHERE kind < 10 OR kind IN (12, 17, 18, 19, 28, 29, 32, 36, 41, 45, 63, 70, 71, 72, 73, 80, 82, 85, 86,
                          89, 90, 91, 92, 93, 94);
