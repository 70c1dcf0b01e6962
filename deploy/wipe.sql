-- Takes Gratis out of a database that is not its own. Roles stay: other databases of the same
-- server may use them.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS gratis_messages, gratis_thanks, gratis_birthdays, gratis_members, gratis_ledger, ledger, house CASCADE;
