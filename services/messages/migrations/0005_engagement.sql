-- What came of what was said.

-- The voucher a message carries, "vch_…", and the day it went out on where the program is; none for
-- what went out before days were counted.
ALTER TABLE gratis_messages.message
  ADD COLUMN voucher text NOT NULL DEFAULT '',
  ADD COLUMN day     date;
-- What told of points, by the fact that gave them, and of a voucher.
CREATE INDEX message_of_points ON gratis_messages.message (partition, member, seq) WHERE points > 0;
CREATE INDEX message_of_voucher ON gratis_messages.message (partition, voucher) WHERE voucher <> '';

-- What members did with a message, as whoever saw it reported. Kinds are those of
-- engagement_rules.h.
CREATE TABLE gratis_messages.engagement (
  partition   integer NOT NULL,
  id          uuid NOT NULL,
  kind        smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (partition, id, kind)
);
CREATE INDEX engagement_profile ON gratis_messages.engagement (partition, recorded_at) WHERE kind <> 3;

-- What the journal's entry `seq` redeemed of what a message carried, less what came back of it.
CREATE TABLE gratis_messages.redemption (
  partition integer NOT NULL,
  seq       bigint NOT NULL,
  id        uuid NOT NULL,
  points    bigint NOT NULL,
  PRIMARY KEY (partition, seq, id)
);
CREATE INDEX redemption_of_message ON gratis_messages.redemption (partition, id);

-- How many messages of a kind went out on a day, and of how many of those what came. A message
-- counts once in each column.
CREATE TABLE gratis_messages.tally (
  partition        integer NOT NULL,
  day              date NOT NULL,
  template         text NOT NULL,
  template_version integer NOT NULL,
  variant          integer NOT NULL,
  trigger          text NOT NULL,
  channel          smallint NOT NULL,
  sent             bigint NOT NULL DEFAULT 0,
  opened           bigint NOT NULL DEFAULT 0,
  clicked          bigint NOT NULL DEFAULT 0,
  redeemed         bigint NOT NULL DEFAULT 0,
  unsubscribed     bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (partition, day, template, template_version, variant, trigger, channel)
) WITH (fillfactor = 70);
-- Mails of which anybody ever reported that they were opened.
CREATE INDEX tally_opened_mail ON gratis_messages.tally (partition) WHERE channel = 1 AND opened > 0;

GRANT SELECT, INSERT, DELETE ON gratis_messages.engagement TO gratis_messages;
GRANT SELECT, INSERT, UPDATE ON gratis_messages.redemption, gratis_messages.tally TO gratis_messages;
