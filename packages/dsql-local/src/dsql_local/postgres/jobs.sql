-- Asynchronous work: `sys.jobs`, `sys.wait_for_job`, and what the server's worker calls.
-- Read by single-user mode: a statement ends at a semicolon followed by a blank line.

-- How far the cluster's clock is ahead of the machine's: a test moves it.

CREATE TABLE pg_dsql_local.clock (ahead interval NOT NULL);

INSERT INTO pg_dsql_local.clock VALUES ('0');

CREATE FUNCTION pg_dsql_local.clock() RETURNS timestamptz
LANGUAGE sql VOLATILE
RETURN clock_timestamp() + (SELECT ahead FROM pg_dsql_local.clock);

-- 128 random bits in lower-case base 32.

CREATE FUNCTION pg_dsql_local.new_job_id() RETURNS text
LANGUAGE sql VOLATILE
RETURN (SELECT string_agg(substr('abcdefghijklmnopqrstuvwxyz234567',
                                 substring(bits FROM place FOR 5)::int + 1, 1), '' ORDER BY place)
          FROM (SELECT ('x' || replace(gen_random_uuid()::text, '-', ''))::bit(128)::bit(130) AS bits)
               AS drawn,
               generate_series(1, 130, 5) AS place);

CREATE TABLE pg_dsql_local.jobs (
  number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id text NOT NULL UNIQUE DEFAULT pg_dsql_local.new_job_id(),
  status text NOT NULL DEFAULT 'submitted'
    CHECK (status IN ('submitted', 'processing', 'completed', 'failed')),
  details text,
  job_type text NOT NULL,
  class_id oid NOT NULL,
  object_id oid NOT NULL,
  object_name text NOT NULL,
  start_time timestamptz NOT NULL DEFAULT pg_dsql_local.clock(),
  update_time timestamptz NOT NULL DEFAULT pg_dsql_local.clock()
);

-- A job that has ended is forgotten after half an hour.

CREATE VIEW sys.jobs AS
SELECT job_id, status, details, job_type, class_id, object_id, object_name, start_time, update_time
  FROM pg_dsql_local.jobs
 WHERE status IN ('submitted', 'processing')
    OR update_time > clock_timestamp() + (SELECT ahead FROM pg_dsql_local.clock)
                     - interval '30 minutes';

GRANT SELECT ON sys.jobs TO PUBLIC;

-- Who waits may have a snapshot older than the job's end, but locks are the same to every
-- snapshot: the worker keeps one for each job it ended, of this class for a success and of the
-- next for a failure.

CREATE FUNCTION pg_dsql_local.outcome(job int) RETURNS boolean
LANGUAGE sql VOLATILE
RETURN (SELECT classid = 20816 FROM pg_catalog.pg_locks
         WHERE locktype = 'advisory' AND classid IN (20816, 20817) AND objid = job::oid
         LIMIT 1);

CREATE PROCEDURE sys.wait_for_job(job_id text, INOUT succeeded boolean DEFAULT NULL)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  job sys.jobs;
  turn int;
BEGIN
  IF job_id IS NULL OR job_id !~ '^[a-z2-7]{26}$' THEN
    CALL pg_dsql_local.refuse('22P02', 'Unable to convert text to UUID');
  END IF;
  SELECT * INTO job FROM sys.jobs j WHERE j.job_id = wait_for_job.job_id;
  IF NOT FOUND THEN
    CALL pg_dsql_local.refuse('22023', format('job %s does not exist', job_id));
  END IF;
  succeeded := CASE job.status WHEN 'completed' THEN true WHEN 'failed' THEN false END;
  SELECT number INTO turn FROM pg_dsql_local.jobs j WHERE j.job_id = wait_for_job.job_id;
  LOOP
    succeeded := coalesce(succeeded, pg_dsql_local.outcome(turn));
    EXIT WHEN succeeded IS NOT NULL;
    PERFORM pg_dsql_local.check_age();
    PERFORM pg_sleep(0.005);
  END LOOP;
END $$;

-- Submitting. An index is there from the start, but invalid, empty and not kept up: PostgreSQL
-- creates it while its table has the storage of an empty one, which it gets back in the same
-- transaction. So PostgreSQL itself judges names, columns, expressions and rights, whatever the
-- rows are; the build is left to the worker. An index that is not "live" is opened by no query, so
-- that no transaction that only reads can keep the worker from it.

CREATE TABLE pg_dsql_local.empty ();

CREATE FUNCTION pg_dsql_local.submit(type text, class oid, object oid, name text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id text;
BEGIN
  DELETE FROM pg_dsql_local.jobs
   WHERE status IN ('completed', 'failed')
     AND update_time <= pg_dsql_local.clock() - interval '30 minutes';
  INSERT INTO pg_dsql_local.jobs (job_type, class_id, object_id, object_name)
  VALUES (type, class, object, name)
  RETURNING job_id INTO id;
  PERFORM pg_notify('dsql_local_jobs', id);
  RETURN id;
END $$;

REVOKE EXECUTE ON FUNCTION pg_dsql_local.submit FROM PUBLIC;

CREATE FUNCTION pg_dsql_local.before_index() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation oid := nullif(current_setting('dsql_local.indexed', true), '');
BEGIN
  IF relation IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('LOCK TABLE %s IN SHARE MODE', relation::regclass);
  PERFORM set_config('dsql_local.kept',
                     concat_ws(' ', relfilenode, relpages, reltuples, relallvisible), true)
     FROM pg_class WHERE oid = relation;
  UPDATE pg_class SET relfilenode = pg_relation_filenode('pg_dsql_local.empty') WHERE oid = relation;
END $$;

-- What a key is of is known when its expressions are. Of a domain, its base type counts.

CREATE FUNCTION pg_dsql_local.key_type(type oid) RETURNS oid
LANGUAGE sql STABLE BEGIN ATOMIC
  WITH RECURSIVE bases AS (
    SELECT oid, typtype, typbasetype FROM pg_catalog.pg_type WHERE oid = type
    UNION ALL
    SELECT t.oid, t.typtype, t.typbasetype
      FROM bases b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd')
  SELECT oid FROM bases WHERE typtype <> 'd';
END;

CREATE PROCEDURE pg_dsql_local.check_keys(index oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  type oid;
BEGIN
  FOR type IN
    SELECT pg_dsql_local.key_type(a.atttypid) FROM pg_attribute a
      JOIN dsql_local_index i ON i.indexrelid = a.attrelid
     WHERE a.attrelid = index AND a.attnum <= i.indnkeyatts ORDER BY a.attnum
  LOOP
    IF type <> ALL ('{int2,int4,int8,float4,float8,numeric,bpchar,varchar,text,date,time,timestamp,
                      timestamptz,bool,uuid}'::regtype[]) THEN
      CALL pg_dsql_local.refuse('0A000', format('datatype %s is not supported in a key',
                                             format_type(type, NULL)));
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION pg_dsql_local.after_index() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation oid := nullif(current_setting('dsql_local.indexed', true), '');
  kept text[] := string_to_array(current_setting('dsql_local.kept', true), ' ');
  index record;
BEGIN
  FOR index IN SELECT objid FROM pg_event_trigger_ddl_commands() LOOP
    CALL pg_dsql_local.check_keys(index.objid);
  END LOOP;
  IF relation IS NULL THEN
    RETURN;
  END IF;
  UPDATE pg_class SET relfilenode = kept[1]::oid, relpages = kept[2]::int,
                      reltuples = kept[3]::real, relallvisible = kept[4]::int
   WHERE oid = relation;
  FOR index IN SELECT objid, object_identity FROM pg_event_trigger_ddl_commands() LOOP
    UPDATE dsql_local_index SET indisvalid = false, indisready = false, indislive = false
     WHERE indexrelid = index.objid;
    PERFORM set_config('dsql_local.submitted', pg_dsql_local.submit(
      'INDEX_BUILD', 'pg_class'::regclass, index.objid, index.object_identity), true);
  END LOOP;
END $$;

CREATE EVENT TRIGGER dsql_local_before_index ON ddl_command_start
WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION pg_dsql_local.before_index();

CREATE EVENT TRIGGER dsql_local_after_index ON ddl_command_end
WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION pg_dsql_local.after_index();

-- Which table's index the triggers above are to take over; none of whoever may not create it, who is
-- told so before the table is touched.

CREATE FUNCTION pg_dsql_local.expect_index(relation oid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  expected oid := (
    SELECT c.oid FROM pg_class c
     WHERE c.oid = relation AND c.relkind = 'r' AND c.relpersistence = 'p'
       AND pg_has_role(session_user, c.relowner, 'MEMBER')
       AND session_user NOT IN ('dsql_local', 'dsql_local_jobs')
       AND c.relnamespace <> 'pg_catalog'::regnamespace);
BEGIN
  PERFORM set_config('dsql_local.submitted', '', true),
          set_config('dsql_local.indexed', coalesce(expected::text, ''), true);
END $$;

-- Whether what the session sent calls a function of ours with this string as its first argument.

CREATE FUNCTION pg_dsql_local.sent(name text, argument text) RETURNS boolean
LANGUAGE sql STABLE
RETURN strpos(current_query(), concat('pg_dsql_local.', name, '(E', chr(39),
              replace(replace(argument, chr(92), repeat(chr(92), 2)), chr(39), repeat(chr(39), 2)),
              chr(39), ',')) > 0;

-- Whoever runs a text through this is past the rules. So the text has to stand, as an argument of this
-- function, in what the session sent: no client's text that names the function gets that far.

CREATE FUNCTION pg_dsql_local.submit_index(statement text, relation regclass)
RETURNS TABLE (job_id text)
LANGUAGE plpgsql SET client_min_messages = notice AS $$
DECLARE
  code text;
  said text;
  more text;
  advice text;
BEGIN
  IF NOT pg_dsql_local.sent('submit_index', statement) THEN
    CALL pg_dsql_local.refuse('42501', 'permission denied for schema pg_dsql_local');
  END IF;
  PERFORM pg_dsql_local.expect_index((
    SELECT c.oid FROM pg_catalog.pg_class c
     WHERE c.oid = relation AND pg_catalog.pg_has_role(c.relowner, 'USAGE')));
  BEGIN
    EXECUTE statement;
  EXCEPTION WHEN serialization_failure THEN
    -- A job of this table ended meanwhile.
    CALL pg_dsql_local.refuse('40001', 'schema has been updated by another transaction (OC001)');
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, said = MESSAGE_TEXT,
                            more = PG_EXCEPTION_DETAIL, advice = PG_EXCEPTION_HINT;
    RAISE EXCEPTION USING ERRCODE = code, MESSAGE = said, DETAIL = more, HINT = advice,
                          SCHEMA = 'dsql_local';
  END;
  job_id := nullif(pg_catalog.current_setting('dsql_local.submitted'), '');
  PERFORM pg_dsql_local.expect_index(NULL);
  RAISE NOTICE USING MESSAGE = 'CREATE INDEX', SCHEMA = 'dsql_local';
  IF job_id IS NOT NULL THEN
    RETURN NEXT;
  END IF;
END $$;

CREATE FUNCTION pg_dsql_local.submit_constraint(constraint_id oid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found record;
BEGIN
  SELECT c.conname, t.relowner, t.relname, n.nspname INTO found
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
   WHERE c.oid = constraint_id;
  IF session_user IN ('dsql_local', 'dsql_local_jobs')
     OR NOT pg_has_role(session_user, found.relowner, 'USAGE') THEN
    CALL pg_dsql_local.refuse('42501', format('must be owner of table %s', found.relname));
  END IF;
  RETURN pg_dsql_local.submit('VALIDATE_CONSTRAINT', 'pg_constraint'::regclass, constraint_id,
                           format('%I.%I', found.nspname, found.conname));
END $$;

-- What PostgreSQL would refuse is refused here, in its words; checking the rows is the worker's.

CREATE FUNCTION pg_dsql_local.submit_validation(relation regclass, table_name text, name text)
RETURNS TABLE (job_id text)
LANGUAGE plpgsql SET client_min_messages = notice AS $$
DECLARE
  found pg_catalog.pg_constraint;
  bare text := (SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = relation);
BEGIN
  IF relation IS NULL THEN
    CALL pg_dsql_local.refuse('42P01', format('relation "%s" does not exist', table_name));
  ELSIF pg_catalog.current_setting('transaction_read_only')::boolean THEN
    CALL pg_dsql_local.refuse('25006', 'cannot execute ALTER TABLE in a read-only transaction');
  END IF;
  SELECT * INTO found FROM pg_catalog.pg_constraint c WHERE c.conrelid = relation AND c.conname = name;
  IF found.oid IS NULL THEN
    CALL pg_dsql_local.refuse('42704', format('constraint "%s" of relation "%s" does not exist',
                                           name, bare));
  ELSIF found.contype NOT IN ('c', 'f') THEN
    CALL pg_dsql_local.refuse('42809', format(
      'constraint "%s" of relation "%s" is not a foreign key or check constraint', name, bare));
  END IF;
  job_id := pg_dsql_local.submit_constraint(found.oid);
  RAISE NOTICE USING MESSAGE = 'ALTER TABLE', SCHEMA = 'dsql_local';
  RETURN NEXT;
END $$;

-- The worker's part. What it does to a client's table evaluates what the client wrote, and DECLARE WITH
-- HOLD, deferred triggers and RESET ROLE outlive any change of role in a session that has more rights.
-- So it is done in a session of dsql_local_jobs, which is of no role but the table's owner, and of that
-- one no longer than it works. To do it again, when a server was killed meanwhile, changes nothing.

CREATE FUNCTION pg_dsql_local.unfinished_jobs() RETURNS SETOF int
LANGUAGE sql VOLATILE BEGIN ATOMIC
  UPDATE pg_dsql_local.jobs SET status = 'processing', update_time = pg_dsql_local.clock()
   WHERE status = 'submitted';
  SELECT number FROM pg_dsql_local.jobs WHERE status = 'processing' ORDER BY number;
END;

CREATE PROCEDURE pg_dsql_local.lend(owner oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = error AS $$
DECLARE
  lent oid;
BEGIN
  FOR lent IN SELECT roleid FROM pg_auth_members
               WHERE member = 'dsql_local_jobs'::regrole AND roleid IS DISTINCT FROM owner LOOP
    EXECUTE format('REVOKE %s FROM dsql_local_jobs', lent::regrole);
  END LOOP;
  IF owner IS NOT NULL THEN
    EXECUTE format('GRANT %s TO dsql_local_jobs WITH INHERIT FALSE, SET TRUE', owner::regrole);
  END IF;
END $$;

-- What is to be run for a job, and as whom. Building counts the rows of the table, too, in the place of
-- what pg_class holds: to put that back would be an update, with which whoever submits the next index
-- could not be serialized. Nothing is to be done in what is gone.

CREATE FUNCTION pg_dsql_local.begin_job(job int, OUT owner text, OUT work text)
RETURNS SETOF record
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  todo pg_dsql_local.jobs;
  whose oid;
BEGIN
  SELECT * INTO todo FROM pg_dsql_local.jobs WHERE number = job;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF todo.job_type = 'INDEX_BUILD' THEN
    SELECT c.relowner,
           format('REINDEX INDEX %s; SELECT pg_dsql_local.check_key_size(%s)', c.oid::regclass, c.oid)
      INTO whose, work
      FROM pg_class c WHERE c.oid = todo.object_id;
  ELSE
    SELECT t.relowner,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I', t.oid::regclass, c.conname)
      INTO whose, work
      FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid WHERE c.oid = todo.object_id;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_authid a WHERE a.oid = whose AND NOT a.rolsuper) THEN
    work := NULL;
  ELSE
    CALL pg_dsql_local.lend(whose);
    owner := whose::regrole::text;
  END IF;
  RETURN NEXT;
END $$;

CREATE FUNCTION pg_dsql_local.end_job(job int, failure text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  said text := failure;
BEGIN
  CALL pg_dsql_local.lend(NULL);
  -- It may be dropped at any moment up to the one in which the work takes its locks.
  SELECT format('%s was dropped', object_name) INTO said FROM pg_dsql_local.jobs
   WHERE number = job AND failure IS NOT NULL
     AND (pg_identify_object(class_id, object_id, 0)).identity IS NULL;
  said := coalesce(said, failure);
  UPDATE pg_dsql_local.jobs
     SET status = CASE WHEN failure IS NULL THEN 'completed' ELSE 'failed' END,
         details = said, update_time = pg_dsql_local.clock()
   WHERE number = job;
  RETURN failure IS NULL;
END $$;

CREATE FUNCTION pg_dsql_local.tell(job int, succeeded boolean) RETURNS void
LANGUAGE sql VOLATILE
RETURN pg_advisory_lock_shared(CASE WHEN succeeded THEN 20816 ELSE 20817 END, job);

CREATE FUNCTION pg_dsql_local.advance(seconds float) RETURNS void
LANGUAGE sql VOLATILE BEGIN ATOMIC
  UPDATE pg_dsql_local.clock SET ahead = ahead + make_interval(secs => seconds);
END;

REVOKE EXECUTE ON ROUTINE pg_dsql_local.advance, pg_dsql_local.tell, pg_dsql_local.unfinished_jobs,
  pg_dsql_local.lend, pg_dsql_local.begin_job, pg_dsql_local.end_job FROM PUBLIC;

-- What triggers run is nobody's to call, or to make a trigger of.

REVOKE EXECUTE ON FUNCTION pg_dsql_local.before_index, pg_dsql_local.after_index,
  pg_dsql_local.watch_tables, pg_dsql_local.watch_expressions, pg_dsql_local.count_written,
  pg_dsql_local.refuse_commit FROM PUBLIC;
