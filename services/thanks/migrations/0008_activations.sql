-- Points of purchases that were delivered and wait some days longer: when they can be spent.

CREATE TABLE gratis_thanks.activation (
  partition integer NOT NULL,
  due_at    timestamptz NOT NULL,
  purchase  uuid NOT NULL,
  PRIMARY KEY (partition, due_at, purchase)
);

GRANT SELECT, INSERT, DELETE ON gratis_thanks.activation TO gratis_thanks;
