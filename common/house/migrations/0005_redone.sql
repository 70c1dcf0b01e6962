-- What is done again for each incarnation of the database (sql/read_redone.sql), since what was kept
-- outside of it may be newer: for which one it was done last. Processes wait for it before they serve.
CREATE TABLE house.redone (
  what        text PRIMARY KEY,
  incarnation text NOT NULL
);

-- All services look here. The members', whose role may not be there yet, writes: its own migrations
-- grant that.
GRANT SELECT ON house.redone TO gratis_poster;
