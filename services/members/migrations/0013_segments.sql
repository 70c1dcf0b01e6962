-- The segments that members are in, as the last fact about them says: beside the member, and in
-- what tiers were reckoned with so far.
ALTER TABLE gratis_members.member ADD COLUMN segments text NOT NULL DEFAULT '';
ALTER TABLE gratis_members.tier_member ADD COLUMN segments text NOT NULL DEFAULT '';

GRANT UPDATE (segments) ON gratis_members.member TO gratis_members;
