-- The catalogue as Aurora DSQL shows it: every index is a `btree_index`, and that of a primary key
-- holds all columns of its table, as the table itself is stored in it.
-- Read by single-user mode: a statement ends at a semicolon followed by a blank line.

-- PostgreSQL knows its catalogues by number, clients by name: so a catalogue makes room and a view
-- takes its name. What a view cannot change stays PostgreSQL's: `pg_class.relam`, the columns of an
-- index in `pg_attribute`, `pg_class.relnatts`, and what `information_schema` makes of them.

UPDATE pg_catalog.pg_type SET typname = 'dsql_local_am' WHERE oid = 'pg_catalog.pg_am'::regtype;

UPDATE pg_catalog.pg_class SET relname = 'dsql_local_am' WHERE oid = 'pg_catalog.pg_am'::regclass;

CREATE VIEW pg_catalog.pg_am AS
SELECT oid, CASE amname WHEN 'btree' THEN 'btree_index' ELSE amname END::name AS amname, amhandler,
       amtype, tableoid
  FROM pg_catalog.dsql_local_am;

GRANT SELECT ON pg_catalog.pg_am TO PUBLIC;

UPDATE pg_catalog.pg_type SET typname = 'dsql_local_index'
 WHERE oid = 'pg_catalog.pg_index'::regtype;

UPDATE pg_catalog.pg_class SET relname = 'dsql_local_index'
 WHERE oid = 'pg_catalog.pg_index'::regclass;

-- The columns a primary key's index holds beside its key, by number.

CREATE FUNCTION pg_dsql_local.included(relation oid, key int2vector) RETURNS smallint[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(attnum ORDER BY attnum), '{}') FROM pg_catalog.pg_attribute
         WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
           AND attnum <> ALL (key::smallint[]));

-- An index that is being built is not "live" to PostgreSQL, see jobs.sql.

CREATE VIEW pg_catalog.pg_index AS
SELECT indexrelid, indrelid,
       CASE WHEN indisprimary
            THEN (indnatts + cardinality(pg_dsql_local.included(indrelid, indkey)))::smallint
            ELSE indnatts END AS indnatts,
       indnkeyatts, indisunique, indnullsnotdistinct, indisprimary, indisexclusion, indimmediate,
       indisclustered, indisvalid, indcheckxmin, indisready, true AS indislive, indisreplident,
       CASE WHEN indisprimary
            THEN concat_ws(' ', indkey::text,
                           nullif(array_to_string(pg_dsql_local.included(indrelid, indkey), ' '), ''))
                 ::int2vector
            ELSE indkey END AS indkey,
       indcollation, indclass, indoption, indexprs, indpred
  FROM pg_catalog.dsql_local_index;

GRANT SELECT ON pg_catalog.pg_index TO PUBLIC;

-- ` INCLUDE (…)` of a primary key's index; of any other nothing is added.

CREATE FUNCTION pg_dsql_local.inclusion(index oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT ' INCLUDE (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')'
                   FROM pg_catalog.dsql_local_index i
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum > 0
                    AND NOT a.attisdropped AND a.attnum <> ALL (i.indkey::smallint[])
                  WHERE i.indexrelid = index AND i.indisprimary), '');

CREATE FUNCTION pg_dsql_local.index_text(definition text, index oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN regexp_replace(definition, ' USING btree ', ' USING btree_index ')
       || pg_dsql_local.inclusion(index);

UPDATE pg_catalog.pg_proc SET proname = 'dsql_local_indexdef'
 WHERE oid IN ('pg_catalog.pg_get_indexdef(oid)'::regprocedure,
               'pg_catalog.pg_get_indexdef(oid, integer, boolean)'::regprocedure);

CREATE FUNCTION pg_catalog.pg_get_indexdef(oid) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_dsql_local.index_text(pg_catalog.dsql_local_indexdef($1), $1);

CREATE FUNCTION pg_catalog.pg_get_indexdef(oid, integer, boolean) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE $2 WHEN 0 THEN pg_dsql_local.index_text(pg_catalog.dsql_local_indexdef($1, $2, $3), $1)
       ELSE coalesce(nullif(pg_catalog.dsql_local_indexdef($1, $2, $3), ''),
                     (SELECT quote_ident(a.attname)
                        FROM pg_catalog.pg_index i
                        JOIN pg_catalog.pg_attribute a
                          ON a.attrelid = i.indrelid AND a.attnum = i.indkey[$2 - 1]
                       WHERE i.indexrelid = $1), '') END;

UPDATE pg_catalog.pg_proc SET proname = 'dsql_local_constraintdef'
 WHERE oid IN ('pg_catalog.pg_get_constraintdef(oid)'::regprocedure,
               'pg_catalog.pg_get_constraintdef(oid, boolean)'::regprocedure);

CREATE FUNCTION pg_dsql_local.constraint_text(definition text, constraint_id oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN definition || coalesce((SELECT pg_dsql_local.inclusion(conindid) FROM pg_catalog.pg_constraint
                                WHERE oid = constraint_id AND contype = 'p'), '');

CREATE FUNCTION pg_catalog.pg_get_constraintdef(oid) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_dsql_local.constraint_text(pg_catalog.dsql_local_constraintdef($1), $1);

CREATE FUNCTION pg_catalog.pg_get_constraintdef(oid, boolean) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_dsql_local.constraint_text(pg_catalog.dsql_local_constraintdef($1, $2), $1);

CREATE OR REPLACE VIEW pg_catalog.pg_indexes AS
SELECT n.nspname AS schemaname, c.relname AS tablename, i.relname AS indexname,
       t.spcname AS tablespace, pg_catalog.pg_get_indexdef(i.oid) AS indexdef
  FROM pg_catalog.dsql_local_index x
  JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
  JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = i.reltablespace
 WHERE c.relkind IN ('r', 'm', 'p') AND i.relkind IN ('i', 'I');

-- Texts are compressed by LZ4, which the PostgreSQL at hand may not be built with: it is shown only.

UPDATE pg_catalog.pg_type SET typname = 'dsql_local_attribute'
 WHERE oid = 'pg_catalog.pg_attribute'::regtype;

UPDATE pg_catalog.pg_class SET relname = 'dsql_local_attribute'
 WHERE oid = 'pg_catalog.pg_attribute'::regclass;

CREATE VIEW pg_catalog.pg_attribute AS
SELECT attrelid, attname, atttypid, attlen, attnum, attcacheoff, atttypmod, attndims, attbyval,
       attalign, attstorage,
       CASE WHEN attlen = -1 AND attnum > 0 AND attrelid >= 16384 AND attstorage IN ('x', 'm')
            THEN 'l'::"char" ELSE attcompression END AS attcompression,
       attnotnull, atthasdef, atthasmissing, attidentity, attgenerated, attisdropped, attislocal,
       attinhcount, attstattarget, attcollation, attacl, attoptions, attfdwoptions, attmissingval
  FROM pg_catalog.dsql_local_attribute;

GRANT SELECT ON pg_catalog.pg_attribute TO PUBLIC;

-- One database, and nothing of what watches over it.

UPDATE pg_catalog.pg_type SET typname = 'dsql_local_database'
 WHERE oid = 'pg_catalog.pg_database'::regtype;

UPDATE pg_catalog.pg_class SET relname = 'dsql_local_database'
 WHERE oid = 'pg_catalog.pg_database'::regclass;

CREATE VIEW pg_catalog.pg_database AS
SELECT *, tableoid FROM pg_catalog.dsql_local_database WHERE datname = 'postgres';

GRANT SELECT ON pg_catalog.pg_database TO PUBLIC;

UPDATE pg_catalog.pg_type SET typname = 'dsql_local_event_trigger'
 WHERE oid = 'pg_catalog.pg_event_trigger'::regtype;

UPDATE pg_catalog.pg_class SET relname = 'dsql_local_event_trigger'
 WHERE oid = 'pg_catalog.pg_event_trigger'::regclass;

CREATE VIEW pg_catalog.pg_event_trigger AS
SELECT *, tableoid FROM pg_catalog.dsql_local_event_trigger WHERE evtname !~ '^dsql_local';

GRANT SELECT ON pg_catalog.pg_event_trigger TO PUBLIC;

-- Sessions of our own, but to ourselves.

DO $$
DECLARE
  shown text := rtrim(pg_get_viewdef('pg_catalog.pg_stat_activity'::regclass), ';');
BEGIN
  EXECUTE format('CREATE OR REPLACE VIEW pg_catalog.pg_stat_activity AS %s'
                 ' WHERE u.rolname IS DISTINCT FROM %2$L OR session_user = %2$L',
                 shown, 'dsql_local');
END $$;
