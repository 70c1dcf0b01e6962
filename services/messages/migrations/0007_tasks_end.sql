-- What ends a task before anybody has done it: that it is marketing, to which members may object, or for those who were
-- picked by what they bought and did. Of those that were there before neither is known, and either ends them.
ALTER TABLE gratis_messages.task
  ADD COLUMN marketing  boolean NOT NULL DEFAULT true,
  ADD COLUMN by_profile boolean NOT NULL DEFAULT true;
