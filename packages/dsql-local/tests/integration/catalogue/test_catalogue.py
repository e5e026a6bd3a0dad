"""What tools read of a cluster, as Aurora DSQL shows it."""

import shutil
import subprocess

import pytest
from psycopg.conninfo import make_conninfo


@pytest.fixture(scope="module")
def admin(server):
    made = server.create_cluster()
    try:
        with made.connect() as connection:
            connection.execute(
                "CREATE TABLE t (id int PRIMARY KEY, a int, b text, UNIQUE (a), n numeric(10, 2))"
            )
            connection.execute("CREATE TABLE alone (x int, y int, PRIMARY KEY (y, x))")
            yield connection
    finally:
        server.delete_cluster(made)


def one(connection, query):
    return connection.execute(query).fetchone()


@pytest.mark.parametrize(
    ("index", "definition"),
    [
        (
            "t_pkey",
            "CREATE UNIQUE INDEX t_pkey ON public.t USING btree_index (id) INCLUDE (a, b, n)",
        ),
        ("t_a_key", "CREATE UNIQUE INDEX t_a_key ON public.t USING btree_index (a)"),
        ("alone_pkey", "CREATE UNIQUE INDEX alone_pkey ON public.alone USING btree_index (y, x)"),
    ],
)
def test_an_index_is_shown_with_its_access_method_and_all_it_holds(admin, index, definition):
    assert one(admin, f"SELECT pg_get_indexdef('{index}'::regclass)") == (definition,)
    assert one(admin, f"SELECT indexdef FROM pg_indexes WHERE indexname = '{index}'") == (
        definition,
    )


def test_a_primary_key_is_shown_with_every_other_column(admin):
    shown = admin.execute(
        "SELECT pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint"
        " WHERE conrelid = 't'::regclass ORDER BY contype"
    ).fetchall()

    assert shown == [("PRIMARY KEY (id) INCLUDE (a, b, n)",) * 2, ("UNIQUE (a)",) * 2]


def test_the_columns_of_an_index_are_its_key_and_what_it_includes(admin):
    assert one(
        admin,
        "SELECT indnkeyatts, indnatts, indkey::text, indislive FROM pg_index"
        " WHERE indexrelid = 't_pkey'::regclass",
    ) == (1, 4, "1 2 3 4", True)
    assert admin.execute(
        "SELECT pg_get_indexdef('t_pkey'::regclass, n, true) FROM generate_series(1, 5) n"
    ).fetchall() == [("id",), ("a",), ("b",), ("n",), ("",)]


def test_the_primary_key_grows_with_its_table(cluster):
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE grows (id int PRIMARY KEY)")
        shown = "SELECT pg_get_indexdef('grows_pkey'::regclass)"
        assert one(connection, shown)[0].endswith("(id)")

        connection.execute('ALTER TABLE grows ADD COLUMN "Odd" int')

        assert one(connection, shown)[0].endswith('(id) INCLUDE ("Odd")')


def test_every_index_has_the_access_method_of_the_service(admin):
    assert admin.execute(
        "SELECT DISTINCT amname FROM pg_class c JOIN pg_am ON pg_am.oid = relam"
        " WHERE relname IN ('t_pkey', 't_a_key', 'alone_pkey')"
    ).fetchall() == [("btree_index",)]


def test_texts_are_shown_as_compressed_by_lz4(admin):
    assert admin.execute(
        "SELECT attname::text, attcompression FROM pg_attribute"
        " WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum"
    ).fetchall() == [("id", ""), ("a", ""), ("b", "l"), ("n", "l")]


def test_a_table_has_no_figures_until_it_is_analyzed(cluster):
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
        ((job_id,),) = connection.execute("CREATE INDEX ASYNC i ON t (a)").fetchall()
        connection.execute(f"CALL sys.wait_for_job('{job_id}')")
        connection.execute("INSERT INTO t SELECT n, n FROM generate_series(1, 100) n")
        figures = "SELECT reltuples, relpages FROM pg_class WHERE relname = 't'"
        assert one(connection, figures) == (-1, 0)

        connection.execute("ANALYZE t")

        assert one(connection, figures) == (100, 1)


def test_plpgsql_is_the_only_extension(admin):
    assert admin.execute("SELECT extname FROM pg_extension").fetchall() == [("plpgsql",)]


@pytest.mark.parametrize(
    "catalogue", ["pg_enum", "pg_policy", "pg_sequence", "pg_proc", "pg_database", "pg_trigger"]
)
def test_catalogues_tools_read_are_there(admin, catalogue):
    assert one(admin, f"SELECT count(*) >= 0 FROM {catalogue}") == (True,)


def psql(cluster, command, *flags):
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    full = ["psql", "-X", *flags, make_conninfo(**cluster.conninfo()), "-c", command]
    return subprocess.run(full, capture_output=True, text=True, check=True).stdout


def test_psql_describes_a_table(cluster):
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")

    said = psql(cluster, r"\d t")

    assert '"t_pkey" PRIMARY KEY, btree_index (id) INCLUDE (a)' in said


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (r"\l", ["postgres"]),
        (r"\dn", ["public", "sys"]),
        (r"\dy", []),
        (r"\dx", ["plpgsql"]),
        (r"\d", []),
        (r"\df", []),
        (r"\dF", ["pg_catalog"]),
    ],
)
def test_psql_lists_nothing_of_the_stand_ins_own(server, cluster, command, names):
    server.control("PUT", f"/clusters/{cluster.identifier}/baseline")

    shown = psql(cluster, command, "-At")

    assert [line.split("|")[0] for line in shown.splitlines() if "|" in line] == names


def test_a_tool_that_asks_for_sessions_databases_or_schemas_finds_its_own(admin):
    ours = "dsql_local"

    for query in (
        "SELECT usename FROM pg_stat_activity",
        "SELECT datname FROM pg_database",
        "SELECT evtname FROM pg_event_trigger",
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'",
        "SELECT schemaname FROM pg_tables WHERE schemaname !~ '^pg_'",
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    ):
        assert [name for (name,) in admin.execute(query) if name and ours in name] == []
