-- What a new Aurora DSQL cluster has beyond a new PostgreSQL database: the role admin, the schema
-- sys, its version texts, and the procedures behind AWS IAM GRANT and REVOKE.
-- Read by single-user mode: a statement ends at a semicolon followed by a blank line.

-- Laws of all functions here. One that is SECURITY DEFINER has a search path of its own, and evaluates
-- nothing a client wrote: no expression, predicate or constraint of a table of theirs, no function,
-- operator or cast found by name. What judges by session_user holds for clients' sessions alone.

-- What pg_dsql_local.* raises carries SCHEMA = 'dsql_local'. The session strips such an error of what
-- tells of PL/pgSQL, and takes such a notice as the command tag of the statement it is running.

CREATE ROLE admin LOGIN CREATEROLE;

-- Who carries out jobs (jobs.sql). It has nothing of its own.

CREATE ROLE dsql_local_jobs LOGIN NOINHERIT;

GRANT CREATE ON DATABASE postgres TO admin;

-- Nothing is temporary, by whatever name or search path.

REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC;

GRANT CREATE ON SCHEMA public TO admin;

CREATE SCHEMA sys;

GRANT USAGE ON SCHEMA sys TO PUBLIC;

CREATE SCHEMA pg_dsql_local;

GRANT USAGE ON SCHEMA pg_dsql_local TO PUBLIC;

-- Version texts. The functions of pg_catalog are called under their own names by views and
-- clients, so the originals make room and new ones take their names.

UPDATE pg_catalog.pg_proc SET proname = 'dsql_local_version'
 WHERE oid = 'pg_catalog.version()'::regprocedure;

CREATE FUNCTION pg_catalog.version() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN 'PostgreSQL 16'::text;

UPDATE pg_catalog.pg_proc SET proname = 'dsql_local_setting'
 WHERE oid IN ('pg_catalog.current_setting(text)'::regprocedure,
               'pg_catalog.current_setting(text, boolean)'::regprocedure);

CREATE FUNCTION pg_catalog.current_setting(text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE lower($1) WHEN 'server_version' THEN '16.15' WHEN 'server_version_num' THEN '160015'
       ELSE pg_catalog.dsql_local_setting($1) END;

CREATE FUNCTION pg_catalog.current_setting(text, boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE lower($1) WHEN 'server_version' THEN '16.15' WHEN 'server_version_num' THEN '160015'
       ELSE pg_catalog.dsql_local_setting($1, $2) END;

CREATE OR REPLACE VIEW pg_catalog.pg_settings AS
SELECT name,
       CASE name WHEN 'server_version' THEN '16.15' WHEN 'server_version_num' THEN '160015'
            ELSE setting END AS setting,
       unit, category, short_desc, extra_desc, context, vartype, source, min_val, max_val,
       enumvals, boot_val, reset_val, sourcefile, sourceline, pending_restart
  FROM pg_catalog.pg_show_all_settings();

CREATE FUNCTION sys.dsql_major_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 1;

CREATE FUNCTION sys.current_session_id() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN (SELECT md5(pid::text || backend_start::text)::uuid::text
          FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()));

-- SHOW of a setting whose text is Aurora DSQL's: a function answers, the notice makes it a SHOW.

CREATE FUNCTION pg_dsql_local.show(name text) RETURNS text
LANGUAGE plpgsql STABLE SET client_min_messages = notice AS $$
BEGIN
  RAISE NOTICE USING MESSAGE = 'SHOW', SCHEMA = 'dsql_local';
  RETURN pg_catalog.current_setting(name);
END $$;

-- RESET ALL, but for what transactions keep in settings, and what PostgreSQL keeps of them. Settings
-- PostgreSQL itself has not are in no list of its.

CREATE PROCEDURE pg_dsql_local.reset_all()
LANGUAGE plpgsql AS $$
DECLARE
  changed text;
BEGIN
  FOR changed IN SELECT name FROM pg_catalog.pg_show_all_settings()
                  WHERE source = 'session' AND name !~ '^transaction_' LOOP
    EXECUTE format('RESET %s', changed);
  END LOOP;
  RESET dsql.enable_batched_nestloop;
  RESET dsql_local.disable_sync_create_index;
END $$;

-- Which IAM identity may become which role.

CREATE SEQUENCE pg_dsql_local.iam_oid START 20000;

CREATE TABLE pg_dsql_local.iam_mappings (
  iam_oid oid NOT NULL UNIQUE DEFAULT nextval('pg_dsql_local.iam_oid')::oid,
  arn text NOT NULL,
  pg_role_oid oid NOT NULL,
  grantor_pg_role_oid oid NOT NULL,
  PRIMARY KEY (arn, pg_role_oid)
);

CREATE VIEW sys.iam_pg_role_mappings AS
SELECT m.iam_oid, m.arn, m.pg_role_oid, r.rolname AS pg_role_name,
       m.grantor_pg_role_oid, g.rolname AS grantor_pg_role_name
  FROM pg_dsql_local.iam_mappings m
  JOIN pg_catalog.pg_roles r ON r.oid = m.pg_role_oid
  LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.grantor_pg_role_oid;

GRANT SELECT ON sys.iam_pg_role_mappings TO PUBLIC;

CREATE FUNCTION pg_dsql_local.iam_mapped(arn text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM sys.iam_pg_role_mappings m
                WHERE m.arn = $1 AND m.pg_role_name = session_user);

CREATE PROCEDURE pg_dsql_local.refuse(sqlstate text, message text)
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = sqlstate, MESSAGE = message, SCHEMA = 'dsql_local';
END $$;

CREATE FUNCTION pg_dsql_local.iam_role(name text, arn text) RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role oid;
BEGIN
  IF session_user IN ('dsql_local', 'dsql_local_jobs') THEN
    CALL pg_dsql_local.refuse('42501', 'permission denied to grant IAM trust with role');
  END IF;
  IF arn !~ '^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[!-~]+$' THEN
    CALL pg_dsql_local.refuse('22023', 'IAM role must look like an IAM ARN');
  END IF;
  SELECT oid INTO role FROM pg_roles WHERE rolname = name;
  IF role IS NULL THEN
    CALL pg_dsql_local.refuse('42704', format('Role %s does not exist', name));
  ELSIF NOT pg_has_role(session_user, role, 'MEMBER WITH ADMIN OPTION') THEN
    CALL pg_dsql_local.refuse('42501', 'permission denied to grant IAM trust with role');
  END IF;
  RETURN role;
END $$;

-- The privilege, which PUBLIC has anyway, is there for what PostgreSQL makes of it: a role that
-- holds one of its own cannot be dropped, as a role that is mapped cannot be, and the view that
-- the error names is where the mapping is to be seen.

CREATE PROCEDURE pg_dsql_local.iam_grant(name text, arn text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET client_min_messages = notice AS $$
DECLARE
  role oid := pg_dsql_local.iam_role(name, arn);
BEGIN
  IF NOT (SELECT rolcanlogin FROM pg_roles WHERE oid = role) THEN
    CALL pg_dsql_local.refuse('42501', format('role %s must have the LOGIN attribute', name));
  END IF;
  IF EXISTS (SELECT FROM pg_dsql_local.iam_mappings m
              WHERE m.arn = iam_grant.arn AND m.pg_role_oid = role) THEN
    CALL pg_dsql_local.refuse('42710', format('IAM role %s is already granted to role %s', arn, name));
  END IF;
  INSERT INTO pg_dsql_local.iam_mappings (arn, pg_role_oid, grantor_pg_role_oid)
  VALUES (arn, role, (SELECT oid FROM pg_roles WHERE rolname = session_user));
  EXECUTE format('GRANT SELECT ON sys.iam_pg_role_mappings TO %I', name);
  RAISE NOTICE USING MESSAGE = 'AWS IAM GRANT', SCHEMA = 'dsql_local';
END $$;

CREATE PROCEDURE pg_dsql_local.iam_revoke(name text, arn text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET client_min_messages = notice AS $$
DECLARE
  role oid := pg_dsql_local.iam_role(name, arn);
BEGIN
  DELETE FROM pg_dsql_local.iam_mappings m WHERE m.arn = iam_revoke.arn AND m.pg_role_oid = role;
  IF NOT FOUND THEN
    CALL pg_dsql_local.refuse('42704', format('IAM role %s does not exist', arn));
  END IF;
  IF NOT EXISTS (SELECT FROM pg_dsql_local.iam_mappings m WHERE m.pg_role_oid = role) THEN
    EXECUTE format('REVOKE SELECT ON sys.iam_pg_role_mappings FROM %I', name);
  END IF;
  RAISE NOTICE USING MESSAGE = 'AWS IAM REVOKE', SCHEMA = 'dsql_local';
END $$;
