-- Groups, exports of members and deliveries that are sent again are answered for; so is what happens to members every
-- day, when staff does it. The kinds are those of list_acts.sql. On a long journal it takes a while: nothing is posted
-- then, and what reads goes on, by the index that there was.
CREATE INDEX journal_by_act_of_staff ON ledger.journal (partition, seq)
  WHERE kind < 10 OR kind IN (12, 17, 18, 19, 28, 29, 32, 36, 41, 45, 63, 70, 71, 72, 73, 80, 82, 85, 86,
                              87, 89, 90, 91, 92, 93, 94, 98, 99)
        OR kind IN (13, 88) AND source = 'staff';
DROP INDEX ledger.journal_by_act;
ALTER INDEX ledger.journal_by_act_of_staff RENAME TO journal_by_act;
