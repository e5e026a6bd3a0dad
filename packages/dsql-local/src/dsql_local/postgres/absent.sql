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

-- Functions nobody may call. The rule of a statement says so by name; without the right to execute
-- them they are out of reach of operators, views, defaults and text that is run as a query, too.

DO $$
DECLARE
  function regprocedure;
BEGIN
  FOR function IN
    SELECT oid FROM pg_catalog.pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace
       AND proname ~ ('^(?:' || current_setting('dsql_local.refused_functions') || ')$') LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function);
  END LOOP;
END $$;

-- Encodings PostgreSQL has for clients alone: in these (SJIS, BIG5, GBK, UHC, GB18030, JOHAB,
-- SHIFT_JIS_2004) a byte of a letter may be that of a quote or a backslash, so that a text would
-- be judged as another one than is run. Without a conversion no session can be in one of them.

DELETE FROM pg_catalog.pg_description
 WHERE classoid = 'pg_catalog.pg_conversion'::regclass
   AND objoid IN (SELECT oid FROM pg_catalog.pg_conversion
                   WHERE 34 < greatest(conforencoding, contoencoding));

DELETE FROM pg_catalog.pg_conversion WHERE 34 < greatest(conforencoding, contoencoding);
