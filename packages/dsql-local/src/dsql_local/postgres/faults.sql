-- A transaction that is to lose, for tests of an application: decided at COMMIT, by what it wrote.
-- Read by single-user mode, as schema.sql.

CREATE TABLE pg_dsql_local.losing (sqlstate text, message text, certain boolean, last boolean);

-- Called just before what may commit. A transaction that was open already has an id if it wrote,
-- defined or locked something; what is still to come is counted by its triggers.

CREATE FUNCTION pg_dsql_local.lose(sqlstate text, message text, certain boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF dsql_local_setting('transaction_read_only')::boolean THEN
    RETURN;
  END IF;
  INSERT INTO pg_dsql_local.losing VALUES (
    sqlstate, message,
    certain OR pg_current_xact_id_if_assigned() IS NOT NULL
               AND NOT EXISTS (SELECT FROM pg_dsql_local.losing),
    false);
END $$;

-- All that was deferred before fires first: what a transaction breaks by itself is said of it.

CREATE FUNCTION pg_dsql_local.lose_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT NEW.last THEN
    INSERT INTO pg_dsql_local.losing VALUES (NEW.sqlstate, NEW.message, NEW.certain, true);
  ELSIF NEW.certain OR pg_dsql_local.so_far('rows') > 0 THEN
    RAISE EXCEPTION USING ERRCODE = NEW.sqlstate, MESSAGE = NEW.message, SCHEMA = 'dsql_local',
      CONSTRAINT = 'dsql_local_fault';
  ELSE
    DELETE FROM pg_dsql_local.losing;
  END IF;
  RETURN NULL;
END $$;

REVOKE EXECUTE ON FUNCTION pg_dsql_local.lose_commit FROM PUBLIC;

CREATE CONSTRAINT TRIGGER lose_commit AFTER INSERT ON pg_dsql_local.losing
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_dsql_local.lose_commit();

UPDATE pg_catalog.pg_trigger SET tgisinternal = true
 WHERE tgrelid = 'pg_dsql_local.losing'::regclass;
