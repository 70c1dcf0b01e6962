-- Complaints, and surprise gifts.

CREATE TABLE gratis_thanks.complaint (
  partition   integer NOT NULL,
  complaint   uuid NOT NULL,
  member      uuid NOT NULL,
  topic       text NOT NULL,
  purchase    uuid,
  reference   text NOT NULL,
  opened_at   timestamptz NOT NULL,
  resolved_at timestamptz,
  outcome     smallint NOT NULL CHECK ((outcome = 0) = (resolved_at IS NULL)),
  PRIMARY KEY (partition, complaint)
);

CREATE INDEX complaint_by_member ON gratis_thanks.complaint (partition, member, complaint);
CREATE INDEX complaint_open ON gratis_thanks.complaint (partition, member) WHERE resolved_at IS NULL;

CREATE TABLE gratis_thanks.surprise (
  program     integer NOT NULL,
  code        text NOT NULL,
  draw        uuid NOT NULL,   -- its entrants'
  body        jsonb NOT NULL,  -- seed, audience and gift
  winners     integer NOT NULL CHECK (winners > 0),
  drawn_at    timestamptz NOT NULL,
  entrants    bigint NOT NULL CHECK (entrants >= 0),
  digest      bytea NOT NULL,
  won         integer NOT NULL CHECK (won >= 0 AND won <= winners),
  transaction uuid NOT NULL,
  PRIMARY KEY (program, code)
);

CREATE UNIQUE INDEX surprise_by_draw ON gratis_thanks.surprise (program, draw);

-- Who took part in a draw. Written before the draw is posted: without it they mean nothing.
CREATE TABLE gratis_thanks.surprise_entrant (
  partition   integer NOT NULL,
  draw        uuid NOT NULL,
  member      uuid NOT NULL,
  outcome     smallint NOT NULL CHECK (outcome BETWEEN 0 AND 3),  -- 0 no, 1 won, 2 given, 3 withheld
  drawn_at    timestamptz NOT NULL,
  transaction uuid,
  PRIMARY KEY (partition, draw, member)
) WITH (fillfactor = 85);

CREATE INDEX surprise_entrant_won ON gratis_thanks.surprise_entrant (partition, member, drawn_at)
  WHERE outcome IN (1, 2);
CREATE INDEX surprise_entrant_waiting ON gratis_thanks.surprise_entrant (partition, draw, member)
  WHERE outcome = 1;

GRANT SELECT, INSERT, UPDATE ON gratis_thanks.complaint TO gratis_thanks;
GRANT SELECT, INSERT ON gratis_thanks.surprise TO gratis_thanks;
GRANT SELECT, INSERT, UPDATE, DELETE ON gratis_thanks.surprise_entrant TO gratis_thanks;
