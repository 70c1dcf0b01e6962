-- Somebody's purchases, for whoever asks what is kept about them.
CREATE INDEX purchase_by_member ON gratis_thanks.purchase (partition, member, purchase);
