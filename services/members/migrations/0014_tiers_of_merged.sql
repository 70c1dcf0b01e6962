-- What counts for a member's tier may be what somebody did who became part of them: whose it was,
-- at which place of their journal, and with which duplicate it came. Of the member's own both are
-- nil. It goes when the merge is undone.
ALTER TABLE gratis_members.tier_fact
  ADD COLUMN whose uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  ADD COLUMN via   uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  DROP CONSTRAINT tier_fact_pkey,
  ADD PRIMARY KEY (partition, member, seq, whose);

GRANT DELETE ON gratis_members.tier_fact TO gratis_members;
