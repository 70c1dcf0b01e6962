-- What was given on a day, whoever has left since or has another birthday by now.
CREATE INDEX gift_by_time ON gratis_birthdays.gift (partition, given_at);
