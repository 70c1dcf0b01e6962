-- From where the key of an act called, as a network. Beside the journal, which never forgets: what the owner of the
-- database deletes here, once it is older than they want to know it, is missed by no proof.
CREATE TABLE ledger.act_network (
  partition integer NOT NULL,
  seq       bigint  NOT NULL,
  network   text    NOT NULL,
  PRIMARY KEY (partition, seq)
);
GRANT SELECT, INSERT ON ledger.act_network TO gratis_poster;
