-- Gifts of all kinds, by tier if so set, and choices among several. What was set and given before
-- was points, and stays what it was.

ALTER TABLE gratis_birthdays.policy
  ADD COLUMN gifts       text,  -- the contract's BirthdayPolicy, as JSON, with gift and tier_gifts
  ADD COLUMN valid_days  integer NOT NULL DEFAULT 365 CHECK (valid_days BETWEEN 30 AND 3650),
  ADD COLUMN choose_days integer NOT NULL DEFAULT 14 CHECK (choose_days BETWEEN 1 AND 60),
  ADD COLUMN adult_age   integer NOT NULL DEFAULT 18 CHECK (adult_age BETWEEN 13 AND 21);
UPDATE gratis_birthdays.policy
SET gifts = json_build_object('gift', json_build_object('points', points))::text;
ALTER TABLE gratis_birthdays.policy
  ALTER COLUMN gifts SET NOT NULL,
  ALTER COLUMN valid_days DROP DEFAULT,
  ALTER COLUMN choose_days DROP DEFAULT,
  ALTER COLUMN adult_age DROP DEFAULT,
  DROP COLUMN points;

-- Worth: points; minor units of a voucher; 1 for an item; 0 for a choice, whose options are in
-- `offered`.
ALTER TABLE gratis_birthdays.gift RENAME COLUMN points TO worth;
ALTER TABLE gratis_birthdays.gift
  DROP CONSTRAINT gift_points_check,
  ADD COLUMN kind       smallint NOT NULL DEFAULT 1 CHECK (kind BETWEEN 1 AND 4),
  ADD COLUMN item       text NOT NULL DEFAULT '',
  ADD COLUMN words      text NOT NULL DEFAULT '',
  ADD COLUMN voucher    uuid,
  ADD COLUMN quiet      boolean NOT NULL DEFAULT false,
  ADD COLUMN offered    text,  -- the contract's Gift, as JSON
  ADD COLUMN choose_by  timestamptz,
  ADD COLUMN valid_days integer,
  ADD CHECK (worth >= 0 AND (worth = 0) = (kind = 4)),
  ADD CHECK ((voucher IS NOT NULL) = (kind IN (2, 3))),
  ADD CHECK (num_nonnulls(offered, choose_by, valid_days) = CASE kind WHEN 4 THEN 3 ELSE 0 END);

-- What was chosen of a choice; `partition` and `member` are those of its gift. One who was merged
-- since has the present with whom they became.
CREATE TABLE gratis_birthdays.choice (
  partition   integer NOT NULL,
  member      uuid NOT NULL,
  year        integer NOT NULL,
  option      text NOT NULL,
  transaction uuid NOT NULL,
  voucher     uuid,
  chosen_at   timestamptz NOT NULL,
  by_default  boolean NOT NULL,
  PRIMARY KEY (partition, member, year)
);

-- Choices that may still be made, by when the default comes.
CREATE TABLE gratis_birthdays.open_choice (
  partition integer NOT NULL,
  member    uuid NOT NULL,
  year      integer NOT NULL,
  choose_by timestamptz NOT NULL,
  PRIMARY KEY (partition, member, year)
);
CREATE INDEX open_choice_by_time
  ON gratis_birthdays.open_choice (partition, choose_by, member, year);

GRANT SELECT, INSERT ON gratis_birthdays.choice TO gratis_birthdays;
GRANT SELECT, INSERT, DELETE ON gratis_birthdays.open_choice TO gratis_birthdays;
