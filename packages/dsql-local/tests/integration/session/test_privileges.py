"""What a client defined is evaluated with a client's rights, whoever makes PostgreSQL evaluate it."""

import psycopg
import pytest

# A superuser may read files; nobody else has this role. It raises where a superuser evaluates it.
PROBE = (
    "CREATE FUNCTION probe(text) RETURNS text IMMUTABLE LANGUAGE sql AS"
    " $$ SELECT CASE WHEN 1 / (1 - pg_has_role(current_user, 'pg_read_server_files', 'USAGE')::int)"
    " > 0 THEN $1 END $$"
)
FIXED = "search_path=pg_catalog, pg_temp"
# Called by the statements of sessions; each judges for itself who calls.
FOR_EVERYBODY = {
    "current_session_id",
    "expect_index",
    "iam_grant",
    "iam_mapped",
    "iam_revoke",
    "lose",
    "submit_constraint",
    "wait_for_job",
}


def superuser(socket):
    return psycopg.connect(host=socket, user="dsql_local", dbname="postgres", autocommit=True)


def test_what_runs_as_its_definer_has_a_search_path_of_its_own(postgres):
    with superuser(postgres) as connection:
        found = connection.execute(
            "SELECT proname, proconfig, has_function_privilege('admin', oid, 'EXECUTE')"
            " FROM pg_proc WHERE prosecdef"
        ).fetchall()

    assert [name for name, config, _ in found if FIXED not in (config or ())] == []
    assert {name for name, _, may in found if may} == FOR_EVERYBODY


def test_nobody_but_the_superuser_owns_or_makes_anything_where_ours_is(postgres):
    with superuser(postgres) as connection:
        owners = connection.execute(
            "SELECT DISTINCT pg_get_userbyid(proowner)::text FROM pg_proc WHERE prosecdef"
        ).fetchall()
        may = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(pg_|sys$)'"
            " AND has_schema_privilege('admin', oid, 'CREATE')"
        ).fetchall()

    assert (owners, may) == ([("dsql_local",)], [])


def test_jobs_have_no_rights_but_those_of_the_owner_they_work_for(postgres):
    with superuser(postgres) as connection:
        found = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,"
            " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid),"
            " (SELECT count(*) FROM pg_shdepend WHERE refobjid = r.oid)"
            " FROM pg_roles r WHERE rolname = 'dsql_local_jobs'"
        ).fetchall()

    assert found == [(False, False, False, False, False, 0, 0)]


@pytest.fixture
def table(cluster):
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
        connection.execute("INSERT INTO t VALUES (1, 'a')")
        connection.execute(PROBE)
        yield connection


def finished(connection, statement):
    ((job_id,),) = connection.execute(statement).fetchall()
    connection.execute(f"CALL sys.wait_for_job('{job_id}')")
    return connection.execute(
        "SELECT status, details FROM sys.jobs WHERE job_id = %s", [job_id]
    ).fetchone()


def test_a_constraint_is_validated_with_the_rights_of_the_owner(table):
    table.execute(
        "CREATE FUNCTION crown(text) RETURNS boolean LANGUAGE sql AS"
        " $$ UPDATE pg_authid SET rolsuper = true WHERE rolname = 'admin'; SELECT true $$"
    )
    table.execute("ALTER TABLE t ADD CONSTRAINT k CHECK (probe(a) <> '') NOT VALID")
    table.execute("ALTER TABLE t ADD CONSTRAINT c CHECK (crown(a)) NOT VALID")

    assert finished(table, "ALTER TABLE ASYNC t VALIDATE CONSTRAINT k") == ("completed", None)
    assert finished(table, "ALTER TABLE ASYNC t VALIDATE CONSTRAINT c") == (
        "failed",
        "permission denied for table pg_authid",
    )


def test_a_constraint_does_not_take_back_the_role_it_is_validated_as(table):
    table.execute(
        "CREATE FUNCTION back(text) RETURNS boolean LANGUAGE sql AS"
        " $$ RESET ROLE; SELECT public.probe($1) <> '' $$"
    )
    table.execute("ALTER TABLE t ADD CONSTRAINT k CHECK (back(a)) NOT VALID")

    assert finished(table, "ALTER TABLE ASYNC t VALIDATE CONSTRAINT k") == ("completed", None)
    assert table.execute(
        "SELECT count(*) FROM pg_auth_members WHERE member = 'dsql_local_jobs'::regrole"
    ).fetchone() == (0,)


@pytest.mark.parametrize("index", ["(probe(a))", "(a) WHERE probe(a) <> ''"])
def test_an_index_is_built_and_measured_with_the_rights_of_clients(table, index):
    assert finished(table, f"CREATE INDEX ASYNC ON t {index}") == ("completed", None)

    table.execute(
        "INSERT INTO t SELECT 2, string_agg(md5(n::text), '') FROM generate_series(1, 60) n"
    )
    with pytest.raises(psycopg.Error, match="key size too large"):
        table.execute("UPDATE t SET a = a || a WHERE id = 2")


def test_a_function_of_a_client_does_not_take_the_place_of_postgresqls(table):
    table.execute("CREATE SCHEMA evil")
    table.execute(
        "CREATE FUNCTION evil.format(text, text) RETURNS text LANGUAGE sql AS"
        " $$ SELECT probe('') || 'taken' $$"
    )
    table.execute(
        "CREATE FUNCTION evil.quote_ident(name) RETURNS text LANGUAGE sql AS"
        " $$ SELECT probe('') || 'taken' $$"
    )
    table.execute("SET search_path = evil, public, pg_catalog")

    table.execute("CREATE TABLE public.u (a text PRIMARY KEY)")

    with pytest.raises(psycopg.Error, match="key size too large"):
        table.execute(
            "INSERT INTO public.u SELECT string_agg(md5(n::text), '') FROM generate_series(1, 70) n"
        )


BUILT = "'pg_dsql' || '_local.submit_index(''DELETE FROM t'', NULL)'"
INTERNAL = 'schema "pg_dsql_local" does not exist'


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM pg_dsql_local.submit_index('TRUNCATE t', NULL)",
        "SELECT pg_dsql_local.limit_of('rows')",
        "CALL pg_dsql_local.refuse('12345', 'boo')",
        "SELECT U&\"pg\\005fdsql_local\".refused('12345', 'boo')",
        "SELECT 1 /* pg_dsql_local.submit_index(E'TRUNCATE t',*/",
        "CREATE VIEW v AS SELECT pg_dsql_local.age()",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT pg_dsql_local.age()'",
    ],
)
def test_what_is_the_stand_ins_own_is_not_there(connection, statement):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)

    assert (caught.value.sqlstate, caught.value.diag.message_primary) == ("3F000", INTERNAL)


@pytest.mark.parametrize(
    "call",
    [
        "SELECT * FROM submit_index('DELETE FROM t', NULL)",
        "SELECT * FROM ts_stat(replace('SELECT NULL::tsvector FROM @.@', '@.@', @))",
        "SELECT query_to_xml(replace('SELECT * FROM @.@', '@.@', @), true, true, '')",
    ],
)
def test_no_text_is_run_past_the_rules(connection, call):
    connection.execute("SET search_path = pg_dsql_local, public")

    with pytest.raises(psycopg.Error) as caught:
        connection.execute(call.replace("@)", f"{BUILT})"))

    assert caught.value.sqlstate == "42501"
