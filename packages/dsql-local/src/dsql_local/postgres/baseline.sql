-- What a cluster held at one moment, and the way back to it.
-- Sent as one simple query, hence one transaction, by a superuser who is alone in the database.
--
-- Going back is in four steps: what is newer than the baseline is dropped; the catalogue is compared
-- with what it was, and if it differs only a copy of the whole database is the baseline; rows are
-- put back where PostgreSQL's own counters say that rows changed; roles are put back.
--
-- Nothing of it runs what a client wrote: rows are put back only where PostgreSQL evaluates nothing but
-- its own immutable functions for them; of other tables a copy is the baseline.

DROP SCHEMA IF EXISTS pg_dsql_local_baseline CASCADE;

CREATE SCHEMA pg_dsql_local_baseline;

SET LOCAL search_path = pg_dsql_local_baseline, pg_catalog;

-- Schemas whose content is the cluster's, not PostgreSQL's or the baseline's own.
CREATE VIEW present_schemas AS
SELECT oid, nspname AS name FROM pg_namespace
 WHERE nspname = 'pg_dsql_local' OR nspname <> 'information_schema' AND nspname !~ '^pg_';

-- What lies in them by itself: not what belongs to something else, as an identity's sequence does.
CREATE VIEW present_objects AS
SELECT d.classid, d.objid, i.type, i.identity
  FROM pg_depend d
  JOIN present_schemas s ON s.oid = d.refobjid,
       LATERAL pg_identify_object(d.classid, d.objid, 0) i
 WHERE d.refclassid = 'pg_namespace'::regclass AND d.objsubid = 0
   AND NOT EXISTS (SELECT FROM pg_depend whole
                    WHERE whole.classid = d.classid AND whole.objid = d.objid
                      AND whole.deptype = 'i');

-- Counts of what sessions wrote, rolled back or not; a session's are there once it has ended.
CREATE FUNCTION writes(oid) RETURNS bigint
LANGUAGE sql STABLE
RETURN pg_stat_get_tuples_inserted($1) + pg_stat_get_tuples_updated($1)
       + pg_stat_get_tuples_deleted($1);

CREATE VIEW present_tables AS
SELECT c.oid, writes(c.oid) AS writes
  FROM pg_class c JOIN present_schemas s ON s.oid = c.relnamespace
 WHERE c.relkind = 'r';

-- Without what PostgreSQL notes in passing: sizes, ages, hints, and the ACL, which is put back.
CREATE VIEW present_relations AS
SELECT oid, relacl,
       md5(concat_ws(' ', relname, relnamespace, reltype, reloftype, relowner, relam, relfilenode,
                     reltablespace, reltoastrelid, relisshared, relpersistence, relkind, relnatts,
                     relchecks, relrowsecurity, relforcerowsecurity, relispopulated, relreplident,
                     relispartition, relrewrite, reloptions::text, relpartbound::text)) AS digest
  FROM pg_class
 WHERE relnamespace NOT IN ('pg_dsql_local_baseline'::regnamespace, 'pg_toast'::regnamespace);

-- Catalogues of which every row is looked at; shared ones have their own treatment.
CREATE VIEW present_catalogues AS
SELECT oid, relname AS name, writes(oid) AS writes FROM pg_class
 WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared
   AND relname NOT IN ('pg_class', 'pg_statistic', 'pg_statistic_ext_data');

-- Whether an expression calls nothing but immutable functions of PostgreSQL's own, as far as its nodes
-- are of kinds that are known to call no other.
CREATE FUNCTION harmless(expression text) RETURNS boolean
LANGUAGE sql STABLE
RETURN NOT EXISTS (
         SELECT FROM regexp_matches(expression, '{([A-Z]+)', 'g') AS node
          WHERE node[1] <> ALL ('{VAR,CONST,OPEXPR,FUNCEXPR,BOOLEXPR,NULLTEST,BOOLEANTEST,RELABELTYPE,
                                  SCALARARRAYOPEXPR,ARRAYEXPR,ARRAY,CASE,CASEEXPR,WHEN,CASEWHEN,COALESCE,
                                  COALESCEEXPR,NULLIFEXPR,DISTINCTEXPR}'::text[]))
   AND NOT EXISTS (
         SELECT FROM regexp_matches(expression, ':(funcid|opno) ([0-9]+)', 'g') AS called
           LEFT JOIN pg_operator o ON called[1] = 'opno' AND o.oid = called[2]::oid
           LEFT JOIN pg_proc p ON p.oid = coalesce(o.oprcode::oid, called[2]::oid)
          WHERE called[2]::oid >= 16384 OR p.oid IS NULL OR p.oid >= 16384 OR p.provolatile <> 'i');

-- Tables into which rows are put with what is harmless alone.
CREATE VIEW harmless_tables AS
SELECT c.oid FROM pg_class c
 WHERE NOT EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conrelid = c.oid AND k.contype = 'c' AND NOT harmless(k.conbin::text))
   AND NOT EXISTS (SELECT FROM pg_attrdef d JOIN pg_attribute a ON (attrelid, attnum) = (adrelid, adnum)
                    WHERE adrelid = c.oid AND attgenerated <> '' AND NOT harmless(adbin::text))
   AND NOT EXISTS (SELECT FROM dsql_local_index i
                    WHERE i.indrelid = c.oid AND NOT (harmless(coalesce(indexprs::text, ''))
                                                      AND harmless(coalesce(indpred::text, ''))))
   AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid);

CREATE TABLE schemas AS SELECT oid FROM present_schemas;

CREATE TABLE objects AS SELECT classid, objid FROM present_objects;

CREATE TABLE tables AS
SELECT oid, writes, NULL::text AS columns, oid IN (SELECT oid FROM harmless_tables) AS harmless
  FROM present_tables;

CREATE TABLE sequences (oid oid, value bigint, called boolean);

CREATE TABLE default_acls AS SELECT oid FROM pg_default_acl;

CREATE TABLE roles AS SELECT * FROM pg_authid;

CREATE TABLE members AS SELECT * FROM pg_auth_members;

CREATE TABLE comments AS SELECT * FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass;

-- Rows of pg_statistic, whose values no other table can hold; what was there before and has changed
-- only a copy brings back.
CREATE VIEW present_statistics AS
SELECT starelid, staattnum, stainherit, xmin::text AS xmin
  FROM pg_statistic WHERE starelid IN (SELECT oid FROM present_tables);

CREATE TABLE statistics AS SELECT * FROM present_statistics WITH NO DATA;

-- What ANALYZE tells of relations.
CREATE TABLE sizes AS
SELECT oid, relpages, reltuples, relallvisible
  FROM pg_class WHERE relnamespace IN (SELECT oid FROM present_schemas);

CREATE TABLE settings AS SELECT * FROM pg_db_role_setting WHERE setdatabase = 0;

-- What here depends on roles; without the database, whose OID a copy does not share.
CREATE VIEW present_dependencies AS
SELECT classid, objid, objsubid, refclassid, refobjid, deptype
  FROM pg_shdepend
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database());

CREATE TABLE dependencies AS SELECT * FROM present_dependencies WITH NO DATA;

CREATE TABLE relations AS SELECT * FROM present_relations WITH NO DATA;

CREATE TABLE catalogues (oid oid, name name, writes bigint, size bigint);

CREATE TABLE moment AS
SELECT pg_current_xact_id()::xid AS xid;

DO $$
DECLARE
  kept record;
  filled boolean;
BEGIN
  -- Only tables that have rows are copied; the others are emptied.
  FOR kept IN SELECT oid, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
                FROM tables JOIN pg_attribute ON attrelid = oid
               WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' GROUP BY oid LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', kept.oid::regclass) INTO filled;
    IF filled THEN
      EXECUTE format('CREATE TABLE rows_%s AS SELECT %s FROM %s',
                     kept.oid, kept.columns, kept.oid::regclass);
      UPDATE tables t SET columns = kept.columns WHERE t.oid = kept.oid;
    END IF;
  END LOOP;
  FOR kept IN SELECT seqrelid AS oid FROM pg_sequence LOOP
    EXECUTE format('INSERT INTO sequences SELECT %s, last_value, is_called FROM %s',
                   kept.oid, kept.oid::regclass);
  END LOOP;
END $$;

CREATE FUNCTION drop_what_is_new() RETURNS void
LANGUAGE plpgsql SET search_path = pg_dsql_local_baseline, pg_catalog AS $$
DECLARE
  new_roles text := (SELECT string_agg(quote_ident(rolname), ', ') FROM pg_authid a
                      WHERE NOT EXISTS (SELECT FROM roles r WHERE r.oid = a.oid));
  new_schemas text := (SELECT string_agg(quote_ident(name), ', ') FROM present_schemas p
                        WHERE NOT EXISTS (SELECT FROM schemas s WHERE s.oid = p.oid));
  kind text;
  names text;
BEGIN
  IF new_roles IS NOT NULL THEN
    EXECUTE 'DROP OWNED BY ' || new_roles || ' CASCADE';
  END IF;
  IF new_schemas IS NOT NULL THEN
    EXECUTE 'DROP SCHEMA IF EXISTS ' || new_schemas || ' CASCADE';
  END IF;
  FOR kind, names IN
    SELECT regexp_replace(type, 'composite |(?<=statistics) object', '') AS word,
           string_agg(identity, ', ')
      FROM present_objects p
     WHERE NOT EXISTS (SELECT FROM objects o WHERE o.classid = p.classid AND o.objid = p.objid)
     GROUP BY type ORDER BY (type = 'table') DESC LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', kind, names);
  END LOOP;
  DELETE FROM pg_depend WHERE classid = 'pg_default_acl'::regclass
     AND objid NOT IN (SELECT oid FROM default_acls);
  DELETE FROM pg_shdepend WHERE classid = 'pg_default_acl'::regclass
     AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND objid NOT IN (SELECT oid FROM default_acls);
  DELETE FROM pg_default_acl WHERE oid NOT IN (SELECT oid FROM default_acls);
END $$;

CREATE FUNCTION put_rows_back() RETURNS void
LANGUAGE plpgsql SET search_path = pg_dsql_local_baseline, pg_catalog AS $$
DECLARE
  kept record;
  value bigint;
  called boolean;
BEGIN
  FOR kept IN SELECT t.* FROM tables t JOIN present_tables p USING (oid)
               WHERE t.writes <> p.writes LOOP
    IF kept.columns IS NOT NULL AND NOT kept.harmless THEN
      RAISE 'rows of % are not put back', kept.oid::regclass;
    END IF;
    EXECUTE format('DELETE FROM %s', kept.oid::regclass);
    IF kept.columns IS NOT NULL THEN
      EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT * FROM rows_%s',
                     kept.oid::regclass, kept.columns, kept.oid);
    END IF;
  END LOOP;
  FOR kept IN SELECT s.* FROM sequences s JOIN pg_sequence ON seqrelid = oid LOOP
    EXECUTE format('SELECT last_value, is_called FROM %s', kept.oid::regclass) INTO value, called;
    IF (value, called) <> (kept.value, kept.called) THEN
      PERFORM setval(kept.oid::regclass, kept.value, kept.called);
    END IF;
  END LOOP;
  UPDATE pg_class c SET relacl = r.relacl FROM relations r
   WHERE r.oid = c.oid AND r.relacl IS DISTINCT FROM c.relacl;
  UPDATE pg_class c
     SET relpages = s.relpages, reltuples = s.reltuples, relallvisible = s.relallvisible
    FROM sizes s
   WHERE s.oid = c.oid
     AND (s.relpages, s.reltuples, s.relallvisible) <> (c.relpages, c.reltuples, c.relallvisible);
  DELETE FROM pg_statistic p
   WHERE starelid IN (SELECT oid FROM tables)
     AND NOT EXISTS (SELECT FROM statistics s WHERE (s.starelid, s.staattnum, s.stainherit)
                                                  = (p.starelid, p.staattnum, p.stainherit));
END $$;

CREATE FUNCTION put_roles_back() RETURNS void
LANGUAGE plpgsql SET search_path = pg_dsql_local_baseline, pg_catalog AS $$
DECLARE
  new_roles text := (SELECT string_agg(quote_ident(rolname), ', ') FROM pg_authid a
                      WHERE NOT EXISTS (SELECT FROM roles r WHERE r.oid = a.oid));
  here oid;
BEGIN
  IF new_roles IS NOT NULL THEN
    EXECUTE 'DROP ROLE ' || new_roles;
  END IF;
  -- Only what differs: without its own row in pg_authid nobody may do anything.
  DELETE FROM pg_authid WHERE oid IN (SELECT oid FROM (SELECT * FROM pg_authid
                                                       EXCEPT SELECT * FROM roles) changed);
  INSERT INTO pg_authid SELECT * FROM roles EXCEPT SELECT * FROM pg_authid;
  IF EXISTS (SELECT * FROM pg_auth_members EXCEPT SELECT * FROM members)
     OR EXISTS (SELECT * FROM members EXCEPT SELECT * FROM pg_auth_members) THEN
    DELETE FROM pg_auth_members;
    INSERT INTO pg_auth_members SELECT * FROM members;
  END IF;
  IF EXISTS (SELECT * FROM comments EXCEPT SELECT * FROM pg_shdescription)
     OR EXISTS (SELECT * FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass
                EXCEPT SELECT * FROM comments) THEN
    DELETE FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass;
    INSERT INTO pg_shdescription SELECT * FROM comments;
  END IF;
  IF EXISTS (SELECT * FROM pg_db_role_setting EXCEPT SELECT * FROM settings)
     OR EXISTS (SELECT * FROM settings EXCEPT SELECT * FROM pg_db_role_setting) THEN
    DELETE FROM pg_db_role_setting;
    INSERT INTO pg_db_role_setting SELECT * FROM settings;
  END IF;
  IF EXISTS (SELECT * FROM present_dependencies EXCEPT SELECT * FROM dependencies)
     OR EXISTS (SELECT * FROM dependencies EXCEPT SELECT * FROM present_dependencies) THEN
    SELECT oid INTO here FROM pg_database WHERE datname = current_database();
    DELETE FROM pg_shdepend WHERE dbid = here;
    INSERT INTO pg_shdepend SELECT here, * FROM dependencies;
  END IF;
END $$;

-- Rows of a catalogue, and how many of them are newer than the baseline.
CREATE FUNCTION measure(catalogue name, OUT size bigint, OUT newer bigint)
LANGUAGE plpgsql SET search_path = pg_dsql_local_baseline, pg_catalog AS $$
BEGIN
  EXECUTE format('SELECT count(*), count(*) FILTER (WHERE age(xmin) < $1) FROM %I', catalogue)
     INTO size, newer USING (SELECT age(xid) FROM moment);
END $$;

-- The counters are PostgreSQL's, and putting things back counts too.
CREATE FUNCTION note_writes() RETURNS void
LANGUAGE sql SET search_path = pg_dsql_local_baseline, pg_catalog AS $$
  UPDATE tables t SET writes = p.writes FROM present_tables p
   WHERE p.oid = t.oid AND p.writes <> t.writes;
  UPDATE catalogues c SET writes = p.writes FROM present_catalogues p
   WHERE p.oid = c.oid AND p.writes <> c.writes;
$$;

-- The catalogues that are not as they were.
CREATE FUNCTION differences() RETURNS SETOF name
LANGUAGE sql SET search_path = pg_dsql_local_baseline, pg_catalog AS $$
  SELECT c.name
    FROM catalogues c JOIN present_catalogues p USING (oid), LATERAL measure(c.name) m
   WHERE p.writes <> c.writes AND (m.newer > 0 OR m.size <> c.size)
  UNION ALL
  SELECT 'pg_statistic'
   WHERE EXISTS (SELECT * FROM statistics EXCEPT SELECT * FROM present_statistics)
  UNION ALL
  SELECT 'pg_class'
   WHERE EXISTS (SELECT oid, digest FROM present_relations
                 EXCEPT SELECT oid, digest FROM relations)
      OR EXISTS (SELECT oid, digest FROM relations
                 EXCEPT SELECT oid, digest FROM present_relations)
$$;

-- Last, as what was made above is part of the baseline.
INSERT INTO relations SELECT * FROM present_relations;

INSERT INTO statistics SELECT * FROM present_statistics;

INSERT INTO dependencies SELECT * FROM present_dependencies;

INSERT INTO catalogues SELECT oid, name, writes, (measure(name)).size FROM present_catalogues;
