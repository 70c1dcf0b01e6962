-- Purchases and how they were thanked for; and the versions of the policy that decided.

CREATE TABLE gratis_thanks.policy (
  program integer NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  set_at  timestamptz NOT NULL,
  body    jsonb NOT NULL,
  PRIMARY KEY (program, version)
);

CREATE TABLE gratis_thanks.purchase (
  partition       integer NOT NULL,
  purchase        uuid NOT NULL,
  member          uuid NOT NULL,
  source          text NOT NULL,
  order_id        text NOT NULL,
  currency_code   text NOT NULL,
  total_minor     bigint NOT NULL CHECK (total_minor >= 0),
  item_count      integer NOT NULL CHECK (item_count >= 0),
  purchased_at    timestamptz NOT NULL,
  recorded_at     timestamptz NOT NULL,
  transaction     uuid NOT NULL,
  policy_version  integer NOT NULL,
  points          bigint NOT NULL CHECK (points >= 0),
  points_per_unit bigint NOT NULL,
  rounding        smallint NOT NULL,
  note            text NOT NULL,
  thanks_outcome  smallint NOT NULL,
  thanks_why      smallint NOT NULL,
  bonus_points    bigint NOT NULL CHECK (bonus_points >= 0),
  PRIMARY KEY (partition, purchase)
);

GRANT USAGE ON SCHEMA gratis_thanks TO gratis_thanks;
GRANT SELECT, INSERT ON gratis_thanks.policy, gratis_thanks.purchase TO gratis_thanks;
