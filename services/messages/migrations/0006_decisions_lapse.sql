-- Until when it holds that a letter goes out: after that it is decided anew before it does, since the night, a return,
-- a complaint or a word of the member's may have come between. None for what holds for good, such as a webhook.
ALTER TABLE gratis_messages.delivery ADD COLUMN holds_until timestamptz;
UPDATE gratis_messages.delivery SET holds_until = created_at WHERE channel = 1 AND state <> 3;

-- When mails that waited for a complaint became one: those of one moment are said by one of them.
ALTER TABLE gratis_messages.message ADD COLUMN joined_at timestamptz;
