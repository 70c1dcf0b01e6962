DO $$
BEGIN
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', current_setting('gratis.subject'));
END $$
