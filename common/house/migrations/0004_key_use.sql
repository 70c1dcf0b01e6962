-- Who keeps keys that the master key wraps, beside those of members, and in which partitions; and
-- the oldest version that one of these keys may be wrapped by.
CREATE TABLE house.key_use (
  holder         text NOT NULL,
  partition      integer NOT NULL,
  oldest_version integer NOT NULL CHECK (oldest_version >= 1),
  PRIMARY KEY (holder, partition)
);

GRANT SELECT, INSERT ON house.key_use TO gratis_poster;
GRANT UPDATE (oldest_version) ON house.key_use TO gratis_poster;
