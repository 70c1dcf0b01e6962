-- From where the key of an act called, as a network, which tells a shop from another and no person from their
-- neighbors. Beside the journal, which never forgets: what is deleted here is missed by no proof.
CREATE TABLE ledger.act_network (
  partition integer NOT NULL,
  seq       bigint  NOT NULL,
  network   text    NOT NULL,
  PRIMARY KEY (partition, seq)
);
GRANT SELECT, INSERT ON ledger.act_network TO gratis_poster;
