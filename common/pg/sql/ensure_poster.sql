-- The membership that lets a service post into the ledger; concurrent doers as in ensure_role.
DO $$
DECLARE
  service constant text := current_setting('gratis.subject');
BEGIN
  FOR attempt IN 1..10 LOOP
    BEGIN
      IF NOT pg_has_role(service, 'gratis_poster', 'USAGE') THEN
        EXECUTE format('GRANT gratis_poster TO %I', service);
      END IF;
      RETURN;
    EXCEPTION
      WHEN unique_violation OR internal_error THEN
        IF attempt = 10 THEN RAISE; END IF;
    END;
  END LOOP;
END $$
