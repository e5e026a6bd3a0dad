"""Statements over the wire: what is refused, where, and what comes before and after it."""

import ssl

import asyncpg
import psycopg
import pytest

from dsql_local.wire import extended, messages
from dsql_local.wire.frames import frame
from dsql_local.wire.messages import fields_of

SYNC = frame(b"S", b"")
FLUSH = frame(b"H", b"")
DESCRIBE = frame(b"D", b"Ss\0")
ABORTED = "current transaction is aborted, commands ignored until end of transaction block"
TWO_DDL = "multiple ddl statements not supported in a transaction"
APART = "ddl and dml are not supported in the same transaction"


def answers(wire, *sent, rounds=1):
    """What comes back, in short: types, and of errors the message; C with its tag."""
    wire.send(b"".join(sent))
    found = []
    for _ in range(rounds):
        for kind, body in wire.messages("Z"):
            match kind:
                case "E":
                    found.append(fields_of(body)["M"])
                case "C":
                    found.append(body[:-1].decode())
                case "Z":
                    found.append(f"Z{body.decode()}")
                case _:
                    found.append(kind)
    return found


def query(*statements):
    return messages.query("; ".join(statements))


def executed(sql):
    return extended.parse(b"", sql.encode()) + extended.bind(b"", b"") + extended.execute(b"")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (
            ["SELECT 1", "TRUNCATE t", "SELECT 2"],
            ["T", "D", "SELECT 1", "unsupported statement: Truncate", "ZI"],
        ),
        (["BEGIN", "TRUNCATE t"], ["BEGIN", "unsupported statement: Truncate", "ZE"]),
        (
            ["BEGIN", "CREATE TABLE x (a int)", "CREATE TABLE y (a int)"],
            ["BEGIN", "CREATE TABLE", TWO_DDL, "ZE"],
        ),
        (["CREATE TABLE x (a int)", "CREATE TABLE y (a int)"], ["CREATE TABLE", TWO_DDL, "ZI"]),
        (["CREATE TABLE x (a int)", "INSERT INTO t VALUES (1)"], ["CREATE TABLE", APART, "ZI"]),
        (["INSERT INTO t VALUES (1)", "CREATE TABLE x (a int)"], ["INSERT 0 1", APART, "ZI"]),
        (["BEGIN", "SELECT", "ROLLBACK"], ["BEGIN", "T", "D", "SELECT 1", "ROLLBACK", "ZI"]),
        (["SELECT 1", "SELECT 'open"], ['unterminated quoted string at or near "\'open"', "ZI"]),
        (["TRUNCATE t", "SELECT 'open"], ['unterminated quoted string at or near "\'open"', "ZI"]),
        (["ALTER TABLE t DROP COLUMN a", "SELECT 1"], ["cannot drop primary key column a", "ZI"]),
        (["CREATE INDEX ON t (b)"], ["unsupported mode. please use CREATE INDEX ASYNC.", "ZI"]),
        (["BEGIN", "ANALYZE t"], ["BEGIN", "ANALYZE cannot run inside a transaction block", "ZE"]),
        (["", ""], ["I", "ZI"]),
    ],
)
def test_a_simple_query_stops_where_a_statement_is_refused(wire, statements, expected):
    assert answers(wire, query(*statements)) == expected

    assert answers(wire, query("ROLLBACK", "SELECT count(*) FROM t"))[-3:] == [
        "D",
        "SELECT 1",
        "ZI",
    ]


@pytest.mark.parametrize("rounds", ["one", "many"])
def test_in_a_failed_block_every_statement_but_its_end_is_told_so(wire, rounds):
    statements = [
        "BEGIN",
        "SAVEPOINT s",
        "TRUNCATE t",
        "SELECT 1",
        "DISCARD ALL",
        "COMMIT",
        "SELECT",
    ]
    refused = "unsupported transaction statement: SAVEPOINT"
    each = [query(statement) for statement in statements]

    if rounds == "one":  # all at once: nothing is waited for
        found = answers(wire, *each, rounds=len(each))
    else:
        found = [one for message in each for one in answers(wire, message)]

    aborted = [ABORTED, "ZE"] * 3
    assert found == [
        "BEGIN",
        "ZT",
        refused,
        "ZE",
        *aborted,
        "ROLLBACK",
        "ZI",
        "T",
        "D",
        "SELECT 1",
        "ZI",
    ]


def test_a_pipeline_is_one_transaction_up_to_its_sync(wire):
    found = answers(
        wire, executed("CREATE TABLE x (a int)"), executed("INSERT INTO x VALUES (1)"), SYNC
    )

    assert found == ["1", "2", "CREATE TABLE", "1", "2", APART, "ZI"]
    assert answers(wire, query("SELECT FROM x"))[0] == 'relation "x" does not exist'


def test_what_follows_a_refusal_in_a_pipeline_is_not_run(wire):
    found = answers(
        wire,
        executed("INSERT INTO t VALUES (7)"),
        executed("SAVEPOINT s"),
        executed("INSERT INTO t VALUES (8)"),
        SYNC,
        executed("SELECT a FROM t"),
        SYNC,
        rounds=2,
    )

    refused = "unsupported transaction statement: SAVEPOINT"
    assert found == ["1", "2", "INSERT 0 1", refused, "ZI", "1", "2", "SELECT 0", "ZI"]


def test_a_refused_statement_is_refused_when_it_is_prepared(wire):
    parse = extended.parse(b"s", b"SELECT a FROM t FOR SHARE")

    found = answers(wire, parse, DESCRIBE, extended.bind(b"", b"s"), extended.execute(b""), SYNC)

    refused = "locking clauses other than FOR UPDATE/FOR KEY SHARE are not supported"
    assert found == [refused, "ZI"]


def test_a_prepared_statement_is_judged_each_time_it_is_run(wire):
    run = extended.bind(b"", b"s") + extended.execute(b"") + SYNC
    prepare = extended.parse(b"s", b"CREATE TABLE x (a int)")

    assert answers(wire, prepare, DESCRIBE, SYNC) == ["1", "t", "n", "ZI"]
    assert answers(wire, query("BEGIN"), run, run, rounds=3) == [
        *["BEGIN", "ZT", "2", "CREATE TABLE", "ZT"],
        *["2", TWO_DDL, "ZE"],
    ]
    assert answers(wire, query("ROLLBACK"), run, query("DROP TABLE x"), rounds=3) == [
        *["ROLLBACK", "ZI", "2", "CREATE TABLE", "ZI", "DROP TABLE", "ZI"]
    ]


def test_a_question_to_the_catalogue_is_asked_unseen_and_in_its_place(wire):
    create, drop = "CREATE TABLE x (a bigint, b t)", "DROP TABLE x"
    run = extended.bind(b"", b"s") + DESCRIBE + extended.execute(b"") + SYNC

    assert answers(wire, query("SELECT", create))[-2:] == ["datatype t not supported", "ZI"]
    assert answers(wire, executed(create), SYNC) == ["1", "2", "datatype t not supported", "ZI"]
    assert answers(wire, query("CREATE TABLE x (a t2)"))[0] == 'type "t2" does not exist'
    parse = extended.parse(b"s", b"CREATE TABLE x (a information_schema.cardinal_number)")
    assert answers(wire, parse, run, query(drop), rounds=2) == [
        *["1", "2", "t", "n", "CREATE TABLE", "ZI", "DROP TABLE", "ZI"]
    ]


def test_a_name_stands_for_what_postgresql_took_last(wire):
    """An error takes the rest of its round with it, a Close and a Parse too."""
    prepare = extended.parse(b"s", b"INSERT INTO t VALUES (1)")
    ignored = extended.close_statement(b"s") + extended.parse(b"s", b"SELECT 2")
    run = extended.bind(b"", b"s") + extended.execute(b"") + SYNC

    assert answers(wire, prepare, SYNC) == ["1", "ZI"]
    assert answers(wire, executed("SELECT 1/0"), ignored, SYNC)[-2:] == ["division by zero", "ZI"]
    assert answers(wire, query("BEGIN; CREATE TABLE x (a int)"), run, rounds=2)[-2:] == [
        APART,
        "ZE",
    ]


def test_functions_are_not_called_by_number(wire):
    call = frame(b"F", (2079).to_bytes(4, "big") + bytes(6))

    assert answers(wire, call) == ["function call protocol not supported", "ZI"]


@pytest.mark.parametrize("begin", ["BEGIN READ ONLY", "START TRANSACTION READ ONLY"])
def test_a_transaction_that_only_reads_writes_nothing(connection, begin):
    connection.execute(begin)

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
        connection.execute("INSERT INTO t VALUES (1)")

    assert str(caught.value) == "cannot execute INSERT in a read-only transaction"


def test_a_session_that_only_reads_makes_no_table(connection):
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
        connection.execute("CREATE TABLE x (a int)")

    assert str(caught.value) == "cannot execute CREATE TABLE in a read-only transaction"


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("SELECT 1; SELECT nothing", 18),
        ("SHOW server_version; SELECT 'é', nothing", 34),
        ("SELECT 'é'; CREATE TABLE x (a numeric, b nothing)", 42),
        ("/* é */ CREATE TABLE x (a numeric DEFAULT nothing)", 43),
        ("SELECT 1; SET disable_sync_create_index = off; SELECT nothing", 55),
    ],
)
def test_a_position_is_that_in_the_clients_own_text(wire, text, position):
    wire.send(messages.query(text))

    assert wire.error()["P"] == str(position)


def test_a_position_in_a_prepared_text_is_the_clients_too(wire):
    wire.send(extended.parse(b"", b"CREATE TABLE x (a serial)") + SYNC)

    assert wire.error()["P"] == "19"


def test_a_refusal_tells_its_detail_and_nothing_of_how_it_came_about(wire):
    wire.send(query("SET dsql.unknown = 1"))

    assert wire.error() == {
        "S": "ERROR",
        "V": "ERROR",
        "C": "42602",
        "M": 'invalid configuration parameter name "dsql.unknown"',
        "D": '"dsql" is a reserved prefix.',
    }


def test_copying_in_goes_through_both_protocols(connection):
    for statement in ("COPY other FROM STDIN", "COPY other (c) FROM STDIN WITH (FORMAT csv)"):
        with connection.cursor().copy(statement) as copy:
            for number in range(1000):
                copy.write(f"{number}\n")

    found = connection.execute("SELECT count(*) FROM other").fetchone()
    connection.execute("DELETE FROM other")
    assert found == (2000,)


def test_copying_in_with_all_messages_sent_ahead(wire):
    data = frame(b"d", b"1\n") + SYNC + frame(b"d", b"2\n")
    begin, done = query("BEGIN"), frame(b"c", b"")
    copy = "COPY other FROM STDIN"

    simple = answers(wire, begin, query(copy), data, done, query("ROLLBACK"), rounds=3)
    pipelined = answers(
        wire, begin, executed(copy), SYNC, data, done, SYNC, query("ROLLBACK"), rounds=3
    )

    assert simple == ["BEGIN", "ZT", "G", "COPY 2", "ZT", "ROLLBACK", "ZI"]
    assert pipelined == ["BEGIN", "ZT", "1", "2", "G", "COPY 2", "ZT", "ROLLBACK", "ZI"]


def test_a_copy_that_is_interrupted_by_a_statement_fails_and_the_session_lives(wire):
    found = answers(wire, query("COPY other FROM STDIN"), query("TRUNCATE t"))

    assert found[0] == "G"
    assert "unexpected message type 0x51" in found[1]
    assert answers(wire, query("SELECT"))[-1] == "ZI"


def test_rounds_sent_ahead_are_answered_in_order_and_one_by_one(wire):
    many = 2000
    sent = [query(f"SELECT {number}, repeat('x', 2000)") for number in range(many)]

    found = answers(wire, *sent, rounds=many)

    assert found == ["T", "D", "SELECT 1", "ZI"] * many


def test_psycopg_pipelines_and_prepares(connection):
    connection.prepare_threshold = 1
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", (n,)) for n in range(20)]
        found = [cursor.fetchone() for cursor in cursors]
    with pytest.raises(psycopg.errors.FeatureNotSupported), connection.pipeline() as pipeline:
        connection.execute("SELECT 1")
        connection.execute("TRUNCATE t")
        pipeline.sync()

    assert found == [(n,) for n in range(20)]
    assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("call", ["to_tsvector('english', 'a')", "to_tsquery('german', 'a')"])
def test_full_text_search_knows_the_simple_configuration_only(connection, call):
    language = call.split("'")[1]

    with pytest.raises(psycopg.errors.UndefinedObject) as caught:
        connection.execute(f"SELECT {call}")

    assert caught.value.diag.message_primary == (
        f'text search configuration "{language}" does not exist'
    )
    found = connection.execute("SELECT to_tsvector('Cats'), to_tsvector('simple', 'Cats')")
    assert found.fetchone() == ("'cats':1", "'cats':1")


def test_asyncpg_prepares_fetches_in_parts_and_resets(shared, resolving_loop):
    context = ssl.create_default_context(cafile=shared.server.facts.ca_file)
    asked = shared.conninfo()

    async def use():
        opened = await asyncpg.connect(
            host=shared.host,
            port=asked["port"],
            user="admin",
            password=asked["password"],
            database="postgres",
            ssl=context,
        )
        try:
            with pytest.raises(asyncpg.FeatureNotSupportedError):
                await opened.execute("TRUNCATE t")
            with pytest.raises(asyncpg.FeatureNotSupportedError):
                await opened.fetch("SELECT a FROM t WHERE a = $1 FOR SHARE", 1)
            async with opened.transaction():
                parts = [row[0] async for row in opened.cursor("SELECT generate_series(1, 99)")]
            await opened.executemany("INSERT INTO t VALUES ($1)", [(n,) for n in range(9)])
            deleted = await opened.fetch("DELETE FROM t WHERE a < $1 RETURNING a", 9)
            await opened.execute("RESET ALL")
            return parts, len(deleted), await opened.fetchval("SHOW server_version")
        finally:
            await opened.close()

    assert resolving_loop(use()) == (list(range(1, 100)), 9, "16.15")


@pytest.mark.parametrize("prepare", [True, False])
def test_reset_all_takes_back_what_a_session_set_and_nothing_else(shared, prepare):
    with shared.connect(application_name="given") as opened:
        show = "SELECT current_setting('application_name'), current_setting('search_path')"
        opened.execute("SET application_name = 'changed'")
        opened.execute("SET search_path = sys")
        opened.execute("SET disable_sync_create_index = off")
        opened.execute("BEGIN READ ONLY")
        opened.execute("SET LOCAL ROLE admin")

        reset = opened.execute("RESET ALL", prepare=prepare)

        assert (reset.statusmessage, reset.description) == ("RESET", None)
        assert opened.execute(show).fetchone() == ("given", '"$user", public')
        assert opened.execute("SHOW disable_sync_create_index").fetchone() == ("on",)
        assert opened.execute("SHOW transaction_read_only").fetchone() == ("on",)
        assert opened.execute("SHOW role").fetchone() == ("admin",)
        opened.execute("ROLLBACK")
        assert opened.execute(show).fetchone() == ("changed", "sys")
