-- Complaints that are open, as the journal says so far as it was read for briefs. All of it can be
-- made from the journal again.

CREATE TABLE gratis_members.brief_complaint (
  partition integer NOT NULL,
  member    uuid NOT NULL,
  complaint uuid NOT NULL,
  topic     text NOT NULL,
  purchase  text NOT NULL,  -- empty for none
  opened_at timestamptz NOT NULL,
  PRIMARY KEY (partition, member, complaint)
);

GRANT SELECT, INSERT, DELETE ON gratis_members.brief_complaint TO gratis_members;
