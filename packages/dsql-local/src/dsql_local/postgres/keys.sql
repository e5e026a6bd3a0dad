-- How large keys, values, rows and views may be: what is too large in the rows a statement wrote, and
-- in the view it made.
-- Read by single-user mode, as schema.sql.

-- How large the largest key of a table is, as an expression over its rows: the bytes of a key's values
-- and of the primary key's, which every index holds, and seven for each value but the first.
-- https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html tells of one KiB;
-- awslabs/agent-plugins, limits-and-error-codes.md, has measured this.
--
-- Of one index, or of all that are kept up: those of columns alone, or those with expressions.
-- Names are written for a search path of PostgreSQL's own alone, so that they hold for any.
-- In PL/pgSQL, which keeps the plan: this is asked at each statement that writes wide rows.

CREATE FUNCTION pg_dsql_local.largest_key(relation oid, expressions boolean, index oid DEFAULT NULL)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (
    SELECT format('greatest(%s)', string_agg(format('pg_catalog.max(%s + %s)%s', gaps, bytes, condition), ', '))
      FROM (SELECT 7 * (count(*) - 1) AS gaps,
                   string_agg(CASE WHEN attlen > 0 THEN attlen::text
                                   ELSE format('coalesce(pg_catalog.%I(%s), 0)',
                                               CASE typcategory WHEN 'S' THEN 'octet_length'
                                                    ELSE 'pg_column_size' END, value) END,
                              ' + ') AS bytes,
                   (SELECT format(' FILTER (WHERE %s)', pg_get_expr(i.indpred, i.indrelid))
                     WHERE i.indpred IS NOT NULL) AS condition
              FROM pg_catalog.dsql_local_index i
              LEFT JOIN pg_catalog.dsql_local_index p ON p.indrelid = i.indrelid AND p.indisprimary,
                   LATERAL (
                     SELECT quote_ident(attname) AS value, atttypid, attlen
                       FROM pg_catalog.dsql_local_attribute
                      WHERE attrelid = i.indrelid
                        AND (attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
                             OR attnum = ANY ((p.indkey::smallint[])[0:p.indnkeyatts - 1]))
                      UNION ALL
                     SELECT pg_catalog.dsql_local_indexdef(i.indexrelid, attnum, false), atttypid, attlen
                       FROM pg_catalog.dsql_local_attribute
                      WHERE i.indexprs IS NOT NULL AND attrelid = i.indexrelid
                        AND attnum <= i.indnkeyatts AND i.indkey[attnum - 1] = 0) AS held
              JOIN pg_catalog.pg_type t ON t.oid = atttypid
             WHERE i.indrelid = relation
               AND CASE WHEN index IS NULL THEN i.indisready
                             AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) = expressions
                        ELSE i.indexrelid = index END
             GROUP BY i.indexrelid, i.indrelid, i.indpred) AS keys
    HAVING count(*) > 0);
END $$;

-- A query of what is too large in the rows just written, of which the largest has this size. Of a
-- key, each value has a byte more in a row, and sixteen at most have seven more in the key.

CREATE FUNCTION pg_dsql_local.excess(relation oid, size bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts text := '';
BEGIN
  -- A key all of whose values have a fixed length is never too large.
  IF EXISTS (SELECT FROM pg_catalog.dsql_local_index
               JOIN pg_catalog.dsql_local_attribute ON attrelid = indexrelid
              WHERE indrelid = relation AND indisready AND indexprs IS NULL AND indpred IS NULL
                AND attlen < 0 AND attnum <= indnkeyatts) THEN
    parts := format('WHEN %s > %s THEN %L', pg_dsql_local.largest_key(relation, false),
                    pg_dsql_local.size_limit('key'), 'key size too large');
  END IF;
  IF size > pg_dsql_local.size_limit('column') THEN
    parts := concat_ws(' ', parts, (
      SELECT string_agg(format('WHEN max(pg_catalog.pg_column_size(%I)) > %s THEN %L', attname,
                               pg_dsql_local.size_limit('column'),
                               format('datatype limit greater than %s bytes not supported for %s',
                                      pg_dsql_local.size_limit('column'), format_type(atttypid, NULL))),
                        ' ' ORDER BY attnum)
        FROM pg_catalog.dsql_local_attribute
       WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped AND attlen = -1),
      format('WHEN max(pg_catalog.pg_column_size(w)) > %s THEN %L', pg_dsql_local.size_limit('row'),
             'maximum row size exceeded'));
  END IF;
  RETURN (SELECT format('SELECT CASE %s END FROM written AS w', parts) WHERE parts <> '');
END $$;

-- Expressions and predicates of an index are the client's code and run with its rights. So a table with
-- such an index has triggers of its own for them.

CREATE FUNCTION pg_dsql_local.check_expressions() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  largest text := pg_dsql_local.largest_key(TG_RELID, true);
  size bigint;
BEGIN
  IF largest IS NULL OR session_user = 'dsql_local' THEN
    RETURN NULL;
  END IF;
  EXECUTE pg_catalog.format('SELECT %s FROM written', largest) INTO size;
  IF size > pg_dsql_local.size_limit('key') THEN
    PERFORM pg_dsql_local.refused('54000', 'key size too large');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION pg_dsql_local.watch_expressions() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found regclass;
  kind text;
BEGIN
  SELECT indrelid INTO found FROM pg_event_trigger_ddl_commands() JOIN dsql_local_index ON indexrelid = objid
   WHERE (indexprs IS NOT NULL OR indpred IS NOT NULL)
     AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = indrelid
                        AND tgfoid = 'pg_dsql_local.check_expressions()'::regprocedure);
  IF found IS NOT NULL THEN
    FOREACH kind IN ARRAY '{insert,update}'::text[] LOOP
      EXECUTE format(
        'CREATE TRIGGER dsql_local_expressions_%s AFTER %s ON %s REFERENCING NEW TABLE AS written'
        ' FOR EACH STATEMENT EXECUTE FUNCTION pg_dsql_local.check_expressions()', kind, kind, found);
    END LOOP;
    UPDATE pg_trigger SET tgisinternal = true
     WHERE tgrelid = found AND tgfoid = 'pg_dsql_local.check_expressions()'::regprocedure;
  END IF;
END $$;

CREATE EVENT TRIGGER dsql_local_watch_expressions ON ddl_command_end
WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION pg_dsql_local.watch_expressions();

-- What an index that was just built holds already; asked as the table's owner.

CREATE FUNCTION pg_dsql_local.check_key_size(index oid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  question text;
  size bigint;
BEGIN
  SELECT pg_catalog.format('SELECT %s FROM %s', pg_dsql_local.largest_key(indrelid, NULL, index),
                           indrelid::regclass)
    INTO question FROM pg_catalog.dsql_local_index WHERE indexrelid = index;
  EXECUTE question INTO size;
  IF size > pg_dsql_local.size_limit('key') THEN
    PERFORM pg_dsql_local.refused('54000', 'key size too large');
  END IF;
END $$;

-- A view has 512 KiB for what PostgreSQL makes of its text, in which each byte of a constant takes four.

CREATE FUNCTION pg_dsql_local.check_view() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() JOIN pg_rewrite ON ev_class = objid
              WHERE command_tag = 'CREATE VIEW'
                AND octet_length(ev_action::text) > pg_dsql_local.size_limit('view')) THEN
    PERFORM pg_dsql_local.refused('54000', 'view definition too large');
  END IF;
END $$;

REVOKE EXECUTE ON FUNCTION pg_dsql_local.check_view FROM PUBLIC;

CREATE EVENT TRIGGER dsql_local_check_view ON ddl_command_end
WHEN TAG IN ('CREATE VIEW', 'CREATE SCHEMA') EXECUTE FUNCTION pg_dsql_local.check_view();
