-- Roles belong to the whole cluster: somebody in another database, whom no lock of ours holds back,
-- may do the same now. Then one of us is told so, and looks again.
DO $$
DECLARE
  wanted constant text := current_setting('gratis.subject');
  -- From 16 on, a membership that comes with having created a role does not allow SET ROLE.
  may_set constant text :=
    CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END;
BEGIN
  FOR attempt IN 1..10 LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      END IF;
      IF NOT pg_has_role(current_user, wanted, may_set) THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
      END IF;
      RETURN;
    EXCEPTION
      -- "tuple concurrently updated" is an internal_error.
      WHEN duplicate_object OR unique_violation OR internal_error THEN
        IF attempt = 10 THEN RAISE; END IF;
    END;
  END LOOP;
END $$
