-- What caps over several purchases have counted of members: what was earned in a period, and what
-- returns took of it. A period that nothing was bought in has no row.

CREATE TABLE gratis_thanks.cap_count (
  partition integer NOT NULL,
  member    uuid NOT NULL,
  rule      text NOT NULL,      -- its code, whatever the policy's version
  per       smallint NOT NULL CHECK (per BETWEEN 2 AND 5),  -- 2 day, 3 week, 4 month, 5 ever
  since     date NOT NULL,      -- the period's first day
  earned    bigint NOT NULL CHECK (earned >= 0),
  taken     bigint NOT NULL CHECK (taken >= 0),
  PRIMARY KEY (partition, member, rule, per, since)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT, UPDATE ON gratis_thanks.cap_count TO gratis_thanks;
