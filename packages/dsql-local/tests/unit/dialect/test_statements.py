"""What Aurora DSQL's documentation and its users' protocols say, statement by statement."""

import pytest

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.statement import Kind, Pass, Refusal

CLASSIFIER = Classifier()
ALTER_COLUMN = "unsupported ALTER TABLE ALTER COLUMN ... {} statement"


def verdict_of(sql):
    (statement,) = CLASSIFIER.classify(sql.encode())
    return statement.verdict


def kind_of(sql):
    (statement,) = CLASSIFIER.classify(sql.encode())
    return statement.kind


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE t (v int[])", "datatype integer[] not supported"),
        ("CREATE TABLE t (v timestamptz[][])", "datatype timestamp with time zone[] not supported"),
        ("CREATE TABLE t (v varbit(8))", "datatype bit varying not supported"),
        ("CREATE TABLE t (v pg_catalog.money)", "datatype money not supported"),
        ("ALTER TABLE t ADD COLUMN v inet", "datatype inet not supported"),
        ("CREATE TABLE t (a jsonb UNIQUE)", "datatype jsonb is not supported in a key"),
        ("CREATE TABLE t (a int, b timetz, PRIMARY KEY (a, b))",
         "datatype time with time zone is not supported in a key"),
        ("CREATE SCHEMA s CREATE TABLE t (a money)", "datatype money not supported"),
        ("ALTER TABLE t ALTER a SET NOT NULL", ALTER_COLUMN.format("SET NOT NULL")),
        ("ALTER TABLE t ALTER a TYPE text USING a::text", ALTER_COLUMN.format("SET DATA TYPE")),
        ("ALTER TABLE t ALTER a SET STATISTICS 5", ALTER_COLUMN.format("SET STATISTICS")),
        ("ALTER TABLE t ALTER a SET COMPRESSION lz4", ALTER_COLUMN.format("SET COMPRESSION")),
        ("ALTER TABLE t ADD COLUMN a text, ALTER b SET NOT NULL", ALTER_COLUMN.format("SET NOT NULL")),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "unsupported ALTER TABLE ENABLE ROW SECURITY statement"),
        ("ALTER TABLE t ADD PRIMARY KEY (a)", "unsupported ALTER TABLE ADD CONSTRAINT statement"),
        ("ALTER TABLE t ADD UNIQUE (a)", "unsupported ALTER TABLE ADD CONSTRAINT statement"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p", "unsupported ALTER TABLE ADD CONSTRAINT statement"),
        ("ALTER TABLE t ADD PRIMARY KEY USING INDEX i", "unsupported ALTER TABLE ADD CONSTRAINT statement"),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL", "ALTER TABLE ADD COLUMN with constraint not supported"),
        ("ALTER TABLE t ADD COLUMN a int REFERENCES p", "ALTER TABLE ADD COLUMN with constraint not supported"),
        ("ALTER TABLE t ADD a bigint GENERATED ALWAYS AS IDENTITY (CACHE 1)",
         "ALTER TABLE ADD COLUMN with constraint not supported"),
        ('ALTER TABLE t ADD a text COLLATE "C"', "COLLATE clause not supported"),
        ("CREATE INDEX CONCURRENTLY i ON t USING gin (a)", "CONCURRENTLY not supported for CREATE INDEX"),
        ("CREATE INDEX ON t USING btree (a DESC)", "USING not supported for CREATE INDEX"),
        ("CREATE INDEX ASYNC ON t (lower(a) ASC)", "specifying sort order not supported for index keys"),
        ("CREATE FUNCTION f() RETURNS int STABLE LANGUAGE c AS 'f'",
         "CREATE FUNCTION with language c not supported"),
        ("DROP TYPE IF EXISTS e", "unsupported object in DROP statement"),
        ("DROP MATERIALIZED VIEW v", "unsupported object in DROP statement"),
        ("ALTER TYPE e RENAME TO f", "unsupported object in RENAME statement"),
        ("GRANT CONNECT ON DATABASE d TO u", "unsupported object type in GRANT"),
        ("GRANT USAGE ON SCHEMA public TO u", "feature not supported on system entity"),
        ("CREATE VIEW pg_temp.v AS SELECT 1", "TEMPORARY or TEMP view not supported for CREATE VIEW"),
        ("CREATE SEQUENCE pg_temp.s CACHE 1",
         "TEMPORARY or TEMP sequence not supported for CREATE SEQUENCE"),
        ("GRANT SELECT ON sys.jobs TO u", "feature not supported on system entity"),
        ("REVOKE SELECT ON ALL TABLES IN SCHEMA information_schema FROM u", "feature not supported on system entity"),
        ("GRANT EXECUTE ON FUNCTION sys.dsql_major_version() TO u", "feature not supported on system entity"),
        ("CREATE TABLE t (a int, UNIQUE (a) WITH (fillfactor = 70))",
         "WITH clause not supported for CREATE TABLE"),
        ("CREATE TABLE t (a int UNIQUE USING INDEX TABLESPACE s)",
         "TABLESPACE clause not supported for CREATE TABLE"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SET statement_timeout = 1 AS 'SELECT 1'",
         'setting configuration parameter "statement_timeout" not supported'),
        ("ALTER FUNCTION f() STABLE SET lock_timeout FROM CURRENT",
         'setting configuration parameter "lock_timeout" not supported'),
        ('SET "Statement_Timeout" = 1', 'setting configuration parameter "Statement_Timeout" not supported'),
        ("SET client_min_messages TO error", 'setting configuration parameter "client_min_messages" not supported'),
        ("SET SESSION work_mem = 1", 'setting configuration parameter "work_mem" not supported'),
        ("SET ROLE u", 'setting configuration parameter "role" not supported'),
        ('SET "response.headers" = 1', 'setting configuration parameter "response.headers" not supported'),
        ("SET TRANSACTION READ ONLY", 'setting configuration parameter "TRANSACTION" not supported'),
        ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", "Unsupported isolation level: SERIALIZABLE"),
        ("BEGIN READ ONLY, ISOLATION LEVEL READ COMMITTED", "Unsupported isolation level: READ COMMITTED"),
        ("RELEASE s", "unsupported transaction statement: RELEASE"),
        ("ROLLBACK TO s", "unsupported transaction statement: ROLLBACK TO"),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "unsupported statement: DeclareCursor"),
        ("EXPLAIN CREATE TABLE t AS SELECT 1", "unsupported statement: CreateTableAs"),
        ("SELECT 1 AS a INTO t UNION SELECT 2", "unsupported statement: CreateTableAs"),
        ("SELECT a FROM t WHERE b = (SELECT pg_try_advisory_lock(1)::int)",
         "function pg_try_advisory_lock not supported"),
        ("SELECT pg_catalog.pg_backend_pid()", "function pg_backend_pid not supported"),
        ('SELECT U&"\\0070g_backend_pid"()', "function pg_backend_pid not supported"),
        ("CREATE VIEW v AS SELECT a FROM t TABLESAMPLE system (5)", "TABLESAMPLE clause not supported"),
        ("INSERT INTO t SELECT a FROM u FOR SHARE",
         "locking clauses other than FOR UPDATE/FOR KEY SHARE are not supported"),
    ],
)  # fmt: skip
def test_a_statement_is_refused_in_aurora_dsqls_words(sql, message):
    refusal = verdict_of(sql)

    assert isinstance(refusal, Refusal)
    assert (refusal.sqlstate, refusal.message) == ("0A000", message)


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("CREATE TABLE t (a bigserial)", "42704", 'type "bigserial" does not exist'),
        ("CREATE TABLE t (a varchar(65536))", "54000",
         "Datatype limit greater than 65535 bytes not supported for varchar"),
        ("CREATE TABLE t (a varchar(1001), b varchar(1000), PRIMARY KEY (a, b))", "54000",
         "key size greater than 2000 bytes not supported"),
        ("CREATE INDEX ASYNC i ON t (a, b, c, d, e, f, g, h, i)", "54011",
         "more than 8 column keys in an index are not supported"),
        ("CREATE SEQUENCE s AS decimal CACHE 1", "22023", "sequence type must be bigint"),
        ("CREATE SEQUENCE s CACHE 2", "22023",
         "CACHE (2) must be greater than or equal to 65536 or equal to 1"),
        ("ALTER STATISTICS s SET STATISTICS 101", "22023",
         "statistics target 101 exceeds maximum allowed value of 100"),
        ("CREATE DOMAIN d AS varchar(65536)", "54000",
         "Datatype limit greater than 65535 bytes not supported for varchar"),
        ("SET dsql.enable_batched_nestloop = banana", "22023",
         'parameter "dsql.enable_batched_nestloop" requires a Boolean value'),
        ("SET LOCAL disable_sync_create_index TO o", "22023",
         'parameter "disable_sync_create_index" requires a Boolean value'),
        ('SET "DSQL.x" = 1', "42602", 'invalid configuration parameter name "DSQL.x"'),
        ("RESET dsql.unheard_of", "42602", 'invalid configuration parameter name "dsql.unheard_of"'),
    ],
)  # fmt: skip
def test_some_refusals_have_a_code_of_their_own(sql, sqlstate, message):
    refusal = verdict_of(sql)

    assert isinstance(refusal, Refusal)
    assert (refusal.sqlstate, refusal.message) == (sqlstate, message)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a int PRIMARY KEY, b numeric(1000, 10), c uuid DEFAULT gen_random_uuid())",
        "CREATE TABLE t (a bigint GENERATED BY DEFAULT AS IDENTITY (CACHE 65536))",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED, CHECK (a > 0))",
        "CREATE TABLE t (a uuid REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE IF NOT EXISTS t (LIKE u)",
        "CREATE SEQUENCE s AS bigint CACHE 9000000000",
        "SELECT s.pg_advisory_lock(1)",
        "SELECT sys.wait_for_job('x')",
        "CREATE TABLE t (a varchar(65535), b char(4096))",
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS a text STORAGE external",
        "ALTER TABLE t ADD COLUMN a text NULL",
        "ALTER TABLE t ADD COLUMN a text, ALTER COLUMN a SET DEFAULT 'x'",
        "ALTER TABLE t ALTER a DROP NOT NULL, ALTER a DROP DEFAULT",
        "ALTER TABLE t ALTER a SET GENERATED ALWAYS SET INCREMENT BY 2 RESTART",
        "ALTER TABLE t ALTER a SET CACHE 65536",
        "ALTER TABLE t ALTER a DROP IDENTITY IF EXISTS, ALTER b DROP EXPRESSION",
        "ALTER TABLE t ALTER a SET STORAGE plain, OWNER TO u",
        "ALTER TABLE t ALTER CONSTRAINT c DEFERRABLE",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES p NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
        "ALTER TABLE t RENAME CONSTRAINT a TO b",
        "ALTER TABLE t SET SCHEMA s",
        "ALTER VIEW v SET (security_barrier = true)",
        "ALTER INDEX i RENAME TO j",
        "ALTER DOMAIN d SET DEFAULT 'x'",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "CREATE DOMAIN d AS text CHECK (VALUE IN ('a'))",
        "CREATE FUNCTION f() RETURNS int LANGUAGE SQL AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int RETURN 1",
        "CREATE ROLE r WITH LOGIN",
        "COMMENT ON TABLE t IS 'x'",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO u",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO u",
        "SELECT ARRAY[1, 2]::int[], '1.1.1.1'::inet, '[1,2)'::int4range",
        "SELECT a FROM t JOIN u USING (a) FOR UPDATE OF t",
        "SELECT a FROM t FOR KEY SHARE",
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING RETURNING *",
        "SET search_path TO a, public",
        "SET TIME ZONE 'UTC'",
        "SET LOCAL ROLE u",
        "SET statement_timeout TO DEFAULT",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET CONSTRAINTS ALL DEFERRED",
        "SET dsql.enable_batched_nestloop = off",
        "SET dsql.enable_batched_nestloop = 1",
        "SET dsql.enable_batched_nestloop = fal",
        "RESET dsql.enable_batched_nestloop",
        "SET \"TimeZone\" = 'UTC'",
        'SET LOCAL "Role" = u',
        "ALTER FUNCTION f() SET search_path = s",
        "CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY)",
        "RESET work_mem",
        "DEALLOCATE ALL",
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        "COMMIT AND CHAIN",
        "COPY t FROM STDIN",
        "ANALYZE t",
        # Of a grammar newer than 16's: PostgreSQL 16 says where the error of syntax is.
        "ALTER TABLE t ADD CONSTRAINT c NOT NULL a",
        "ALTER TABLE t ALTER a SET EXPRESSION AS (1)",
        "ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a)",
        "MERGE INTO t USING s ON t.a = s.a WHEN NOT MATCHED BY SOURCE THEN DELETE",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE RETURNING *",
        "SELECT o.a, l.x FROM o JOIN LATERAL (SELECT o.a AS x FROM i) l ON true",
        "SELECT o.a, l.x FROM o LEFT JOIN LATERAL (SELECT i.a AS x FROM i WHERE i.b = o.b) l ON true",
        "SELECT o.a, l.x FROM o LEFT JOIN LATERAL (SELECT o.a AS x FROM i LIMIT 1) l ON true",
        "SELECT o.a, l.x FROM o LEFT JOIN LATERAL (SELECT max(o.a) AS x FROM i) l ON true",
        "SELECT o.a, l.x FROM o LEFT JOIN LATERAL (SELECT o.a AS x) l ON true",
        "SELECT o.a, l.x FROM o LEFT JOIN LATERAL (SELECT o.a AS x FROM i, j) l ON true",
        "SELECT o.a, l.x FROM o LEFT JOIN LATERAL (SELECT o.a AS x FROM p AS o) l ON true",
        "SELECT q.a FROM (SELECT a FROM o) q LEFT JOIN LATERAL (SELECT q.a AS x FROM i) l ON true",
        "CREATE VIEW v AS SELECT l.x FROM o LEFT JOIN LATERAL (SELECT o.a AS x FROM i) l ON true",
        "SELECT 'pg_advisory_lock(1) FOR SHARE'",
        "SELECT pg_size_pretty(1::bigint)",
    ],
)  # fmt: skip
def test_what_aurora_dsql_has_goes_through_as_it_is(sql):
    assert verdict_of(sql) == Pass()


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.QUERY),
        ("TABLE t", Kind.QUERY),
        ("WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d", Kind.WRITE),
        ("UPDATE t SET a = 1", Kind.WRITE),
        ("COPY t FROM STDIN", Kind.WRITE),
        ("COPY t TO STDOUT", Kind.UTILITY),
        ("EXPLAIN DELETE FROM t", Kind.QUERY),
        ("EXPLAIN ANALYZE DELETE FROM t", Kind.WRITE),
        ("EXPLAIN (ANALYZE off) DELETE FROM t", Kind.QUERY),
        ("EXPLAIN (ANALYZE 'false') DELETE FROM t", Kind.QUERY),
        ("EXPLAIN (ANALYZE 0) DELETE FROM t", Kind.QUERY),
        ("EXPLAIN (ANALYZE true) DELETE FROM t", Kind.WRITE),
        ("COPY (DELETE FROM t RETURNING a) TO STDOUT", Kind.WRITE),
        ("COPY (SELECT a FROM t) TO STDOUT", Kind.UTILITY),
        ("GRANT SELECT ON t TO u", Kind.DDL),
        ("COMMENT ON TABLE t IS NULL", Kind.DDL),
        ("SET search_path TO a", Kind.UTILITY),
        ("START TRANSACTION", Kind.BEGIN),
        ("END", Kind.COMMIT),
        ("ABORT", Kind.ROLLBACK),
        ("SELECT FROM WHERE", Kind.UNPARSED),
    ],
)
def test_a_statement_has_a_kind(sql, kind):
    assert kind_of(sql) is kind


def test_what_transactions_and_answers_need_to_know_is_told():
    def told(sql):
        (statement,) = CLASSIFIER.classify(sql)
        return statement

    assert told(b"BEGIN READ ONLY").read_only is True
    assert told(b"BEGIN READ WRITE").read_only is False
    assert told(b"BEGIN").read_only is None
    assert told(b"COMMIT AND CHAIN").chain
    assert told(b"SELECT a FROM t FOR UPDATE").locks
    assert told(b"ANALYZE").alone
    assert told(b"EXPLAIN (ANALYZE, VERBOSE) SELECT 1").cost_report
    assert told(b"EXPLAIN ANALYZE VERBOSE SELECT 1").cost_report
    assert not told(b"EXPLAIN ANALYZE SELECT 1").cost_report
    assert told(b"CALL sys.wait_for_job('x')").waits_for_job


def test_a_statement_no_rule_knows_is_passed_and_reported():
    (statement,) = CLASSIFIER.classify(b"ALTER FUNCTION f() DEPENDS ON EXTENSION e")

    assert statement.unknown
    assert statement.name == "AlterObjectDepends"
    assert statement.verdict == Pass()
