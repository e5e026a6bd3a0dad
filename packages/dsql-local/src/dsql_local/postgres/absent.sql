-- What a PostgreSQL database has and Aurora DSQL's has not.
-- Read by single-user mode, as schema.sql.

-- Full-text search is there with the configuration simple alone.

DO $$
DECLARE
  configuration name;
BEGIN
  FOR configuration IN SELECT cfgname FROM pg_catalog.pg_ts_config WHERE cfgname <> 'simple' LOOP
    EXECUTE format('DROP TEXT SEARCH CONFIGURATION pg_catalog.%I', configuration);
  END LOOP;
END $$;
