-- Whether who has no e-mail address, and so could not be told by one, is erased by inactivity all the same. So were
-- they by policies from before this could be said, which go on saying so.
ALTER TABLE gratis_members.inactivity_policy ADD COLUMN erase_without_email boolean NOT NULL DEFAULT false;
UPDATE gratis_members.inactivity_policy SET erase_without_email = true WHERE months > 0;
