-- What is done again for each incarnation of the database (sql/read_redone.sql), since what was kept
-- outside of it may be newer: for which one it was done last. Processes wait for it before they serve.
CREATE TABLE house.redone (
  what        text PRIMARY KEY,
  incarnation text NOT NULL
);

GRANT SELECT, INSERT, UPDATE (incarnation) ON house.redone TO gratis_poster;

-- All services look here, and the members', whose role may not be there yet, writes.
ALTER TABLE house.redone ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_look ON house.redone FOR SELECT TO gratis_poster USING (true);
CREATE POLICY members_note ON house.redone FOR INSERT TO gratis_poster
  WITH CHECK (current_user = 'gratis_members');
CREATE POLICY members_note_again ON house.redone FOR UPDATE TO gratis_poster
  USING (current_user = 'gratis_members');
