-- What keeps a statement from going on, and a transaction from growing: refusals, and the bounds of
-- the rows, bytes and seconds of one transaction. The numbers are settings the server starts with.
-- Read by single-user mode, as schema.sql.

-- A guard's finding: the session puts a guard before a statement only the catalogue can judge.

CREATE FUNCTION pg_dsql_local.refused(sqlstate text, message text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = sqlstate, MESSAGE = message, SCHEMA = 'dsql_local';
END $$;

-- Every table of clients has three triggers that PostgreSQL shows to nobody. They add up what a
-- statement wrote, that of cascades too, in settings that live as long as the transaction.

CREATE FUNCTION pg_dsql_local.limit_of(name text) RETURNS bigint
LANGUAGE sql STABLE
RETURN pg_catalog.dsql_local_setting('dsql_local.transaction_' || name)::bigint;

CREATE FUNCTION pg_dsql_local.size_limit(of text) RETURNS bigint
LANGUAGE sql STABLE
RETURN pg_catalog.dsql_local_setting('dsql_local.' || of || '_bytes')::bigint;

CREATE FUNCTION pg_dsql_local.so_far(name text) RETURNS bigint
LANGUAGE sql STABLE
RETURN coalesce(nullif(pg_catalog.dsql_local_setting('dsql_local.' || name, true), ''), '0')::bigint;

CREATE FUNCTION pg_dsql_local.age() RETURNS bigint
LANGUAGE sql VOLATILE
RETURN floor(extract(epoch FROM clock_timestamp() - transaction_timestamp()))::bigint;

CREATE FUNCTION pg_dsql_local.check_age() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  seconds bigint := pg_dsql_local.limit_of('age_s');
  age bigint := pg_dsql_local.age();
BEGIN
  IF age > seconds THEN
    RAISE EXCEPTION USING ERRCODE = '54000', SCHEMA = 'dsql_local',
      MESSAGE = format('transaction age limit of %ss exceeded', seconds),
      DETAIL = format('Current transaction age %ss exceeds %ss', age, seconds);
  END IF;
END $$;

-- What is over a limit that COMMIT checks: a row here makes it fail, in a block as in a transaction
-- of one statement.

CREATE TABLE pg_dsql_local.overstepped ();

CREATE FUNCTION pg_dsql_local.refuse_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_dsql_local.check_age();
  RAISE EXCEPTION USING ERRCODE = '54000', SCHEMA = 'dsql_local',
    MESSAGE = 'transaction size limit 10mb exceeded',
    DETAIL = format('Current transaction size %smb > 10mb',
                    round(pg_dsql_local.so_far('bytes') / 1048576.0, 2));
END $$;

CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT ON pg_dsql_local.overstepped
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_dsql_local.refuse_commit();

UPDATE pg_catalog.pg_trigger SET tgisinternal = true
 WHERE tgrelid = 'pg_dsql_local.overstepped'::regclass;

CREATE FUNCTION pg_dsql_local.count_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rows bigint;
  bytes bigint;
  widest bigint;
  problem text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    SELECT count(*), 0, 0 INTO rows, bytes, widest FROM written;
  ELSE
    SELECT count(*), coalesce(sum(size), 0), max(size) INTO rows, bytes, widest
      FROM (SELECT pg_catalog.pg_column_size(w) AS size FROM written AS w) AS sizes;
  END IF;
  IF rows = 0 OR session_user = 'dsql_local' THEN
    RETURN NULL;
  END IF;
  -- Only a wide row can hold something that is too wide.
  IF widest + 16 * 6 > pg_dsql_local.size_limit('key') THEN
    problem := pg_dsql_local.excess(TG_RELID, widest);
    IF problem IS NOT NULL THEN
      EXECUTE problem INTO problem;
    END IF;
    IF problem IS NOT NULL THEN
      PERFORM pg_dsql_local.refused('54000', problem);
    END IF;
  END IF;
  rows := rows + pg_dsql_local.so_far('rows');
  bytes := bytes + pg_dsql_local.so_far('bytes');
  IF rows > pg_dsql_local.limit_of('rows') THEN
    PERFORM pg_dsql_local.refused('54000', 'transaction row limit exceeded');
  END IF;
  PERFORM pg_catalog.set_config('dsql_local.rows', rows::text, true),
          pg_catalog.set_config('dsql_local.bytes', bytes::text, true);
  IF bytes > pg_dsql_local.limit_of('bytes') OR pg_dsql_local.age() > pg_dsql_local.limit_of('age_s') THEN
    INSERT INTO pg_dsql_local.overstepped DEFAULT VALUES;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION pg_dsql_local.watch_tables() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made record;
  kind text;
BEGIN
  FOR made IN SELECT objid, object_identity FROM pg_event_trigger_ddl_commands()
               WHERE command_tag = 'CREATE TABLE' AND schema_name !~ '^pg_' LOOP
    FOREACH kind IN ARRAY '{insert,update,delete}'::text[] LOOP
      EXECUTE format(
        'CREATE TRIGGER dsql_local_%s AFTER %s ON %s REFERENCING %s TABLE AS written'
        ' FOR EACH STATEMENT EXECUTE FUNCTION pg_dsql_local.count_written()',
        kind, kind, made.object_identity, CASE kind WHEN 'delete' THEN 'OLD' ELSE 'NEW' END);
    END LOOP;
    UPDATE pg_trigger SET tgisinternal = true
     WHERE tgrelid = made.objid AND tgfoid = 'pg_dsql_local.count_written()'::regprocedure;
  END LOOP;
END $$;

CREATE EVENT TRIGGER dsql_local_watch_tables ON ddl_command_end
WHEN TAG IN ('CREATE TABLE', 'CREATE SCHEMA') EXECUTE FUNCTION pg_dsql_local.watch_tables();
