-- Adjustments that take a second person, by the row of the journal that asked for them. Those that wait
-- are open; who asked, for whom, how much and why is in the row.
CREATE TABLE ledger.adjustment (
  partition  integer NOT NULL,
  adjustment uuid NOT NULL,
  seq        bigint NOT NULL,
  asked_at   timestamptz NOT NULL,
  open       boolean NOT NULL,
  PRIMARY KEY (partition, adjustment)
);
CREATE INDEX adjustment_by_time ON ledger.adjustment (partition, asked_at, seq);
CREATE INDEX adjustment_that_waits ON ledger.adjustment (partition, asked_at, seq) WHERE open;

INSERT INTO ledger.adjustment (partition, adjustment, seq, asked_at, open)
SELECT asked.partition, asked.transaction, asked.seq, asked.recorded_at,
       NOT EXISTS (SELECT 1 FROM ledger.journal done
                   WHERE done.partition = asked.partition AND done.transaction = asked.transaction
                     AND done.kind = 28)
FROM ledger.journal asked
WHERE asked.kind = 29;

GRANT SELECT, INSERT, UPDATE ON ledger.adjustment TO gratis_poster;
