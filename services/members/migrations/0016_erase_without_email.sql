-- Whether who has no e-mail address, and so could not be told by one, is erased by inactivity all the same.
ALTER TABLE gratis_members.inactivity_policy ADD COLUMN erase_without_email boolean NOT NULL DEFAULT false;
