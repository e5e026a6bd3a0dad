"""Asynchronous work, through a real server and an unmodified client."""

import contextlib
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

JOB_ID = re.compile(r"[a-z2-7]{26}")


@pytest.fixture
def admin(cluster):
    """A connection to a cluster with the table t of a hundred rows."""
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, a int, b text)")
        connection.execute(
            "INSERT INTO t SELECT n, n % 10, 'b' || n FROM generate_series(1, 100) n"
        )
        yield connection


def submit(connection, statement):
    cursor = connection.execute(statement)
    assert [column.name for column in cursor.description] == ["job_id"]
    ((job_id,),) = cursor.fetchall()
    return job_id


def waits(connection):
    running = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^CALL'")
    return running.fetchone() == (1,)


def wait(connection, job_id):
    cursor = connection.execute(f"CALL sys.wait_for_job('{job_id}')")
    assert [column.name for column in cursor.description] == ["succeeded"]
    ((succeeded,),) = cursor.fetchall()
    return succeeded


def job(connection, job_id):
    return connection.execute(
        "SELECT status, details, job_type, object_name FROM sys.jobs WHERE job_id = %s", [job_id]
    ).fetchone()


def index(connection, name):
    return connection.execute(
        "SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = %s::regclass", [name]
    ).fetchone()


def refusal(connection, statement):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)
    return caught.value.sqlstate, caught.value.diag.message_primary


def test_an_index_is_built_in_the_background(admin):
    cursor = admin.execute("CREATE INDEX ASYNC i ON t (a)")
    ((job_id,),) = cursor.fetchall()

    assert cursor.statusmessage == "CREATE INDEX"
    assert JOB_ID.fullmatch(job_id)
    assert wait(admin, job_id) is True
    assert job(admin, job_id) == ("completed", None, "INDEX_BUILD", "public.i")
    assert index(admin, "i") == (True, False)


def test_an_index_is_invalid_until_it_is_built(server, cluster, admin):
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": True})

    job_id = submit(admin, "CREATE UNIQUE INDEX ASYNC i ON t (b)")

    assert index(admin, "i") == (False, True)
    assert job(admin, job_id)[0] in {"submitted", "processing"}
    assert refusal(admin, "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i") == (
        "55000",
        'index "i" is not valid',
    )
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": False})
    assert wait(admin, job_id) is True
    assert index(admin, "i") == (True, True)
    assert refusal(admin, "INSERT INTO t VALUES (101, 1, 'b1')")[0] == "23505"


def test_rows_written_before_the_build_are_found_through_the_index(server, cluster, admin):
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": True})
    job_id = submit(admin, "CREATE INDEX ASYNC i ON t (a) WHERE a > 5")
    admin.execute("UPDATE t SET a = 77 WHERE id = 1")
    admin.execute("INSERT INTO t VALUES (1000, 77, 'new')")
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": False})
    assert wait(admin, job_id) is True

    admin.execute("SET enable_seqscan = off")

    plan = admin.execute("EXPLAIN SELECT id FROM t WHERE a = 77").fetchall()
    assert any("Scan on i " in line or "using i " in line for (line,) in plan)
    assert admin.execute("SELECT id FROM t WHERE a = 77 ORDER BY 1").fetchall() == [(1,), (1000,)]


def test_a_unique_build_over_duplicates_leaves_an_invalid_index(admin):
    job_id = submit(admin, "CREATE UNIQUE INDEX ASYNC i ON t (a)")

    assert wait(admin, job_id) is False
    assert job(admin, job_id)[:2] == (
        "failed",
        "Found duplicate key while validating index for UCVs",
    )
    assert index(admin, "i") == (False, True)
    admin.execute("INSERT INTO t VALUES (101, 1, 'still written')")
    admin.execute("DROP INDEX i")


@pytest.mark.parametrize(
    ("statement", "sqlstate", "message"),
    [
        ("CREATE INDEX ASYNC i ON t (nope)", "42703", 'column "nope" does not exist'),
        ("CREATE INDEX ASYNC i ON nope (a)", "42P01", 'relation "nope" does not exist'),
        ("CREATE INDEX ASYNC t_pkey ON t (a)", "42P07", 'relation "t_pkey" already exists'),
        (
            "CREATE INDEX ASYNC i ON t ((random()))",
            "42P17",
            "functions in index expression must be marked IMMUTABLE",
        ),
        (
            "ALTER TABLE ASYNC t VALIDATE CONSTRAINT nope",
            "42704",
            'constraint "nope" of relation "t" does not exist',
        ),
        ("CALL sys.wait_for_job('nope')", "22P02", "Unable to convert text to UUID"),
        (
            "CALL sys.wait_for_job((SELECT 'nope'))",
            "0A000",
            "cannot use subquery in CALL argument",
        ),
        (
            "SELECT sys.wait_for_job('nope'::text)",
            "42809",
            "sys.wait_for_job(text) is a procedure",
        ),
        (
            "SELECT sys.wait_for_job('nope')",
            "42809",
            "sys.wait_for_job(text) is a procedure",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(admin, statement, sqlstate, message):
    assert refusal(admin, statement) == (sqlstate, message)
    assert admin.execute("SELECT count(*) FROM sys.jobs").fetchone() == (0,)
    assert admin.execute("SELECT count(*) FROM t").fetchone() == (100,)


def test_an_error_says_nothing_of_how_it_came_about(admin):
    with pytest.raises(psycopg.Error) as caught:
        admin.execute("CREATE INDEX ASYNC i ON t (nope)")

    diagnosis = caught.value.diag
    assert (diagnosis.context, diagnosis.schema_name, diagnosis.internal_query) == (None,) * 3


def test_a_job_of_a_transaction_begins_when_it_commits(admin):
    with admin.transaction():
        job_id = submit(admin, "CREATE INDEX ASYNC ON t (a, b)")

    assert wait(admin, job_id) is True
    assert index(admin, "t_a_b_idx") == (True, False)


def test_a_transaction_rolled_back_leaves_neither_index_nor_job(admin):
    with admin.transaction(force_rollback=True):
        submit(admin, "CREATE INDEX ASYNC i ON t (a)")

    assert admin.execute("SELECT to_regclass('i'), (SELECT count(*) FROM sys.jobs)").fetchone() == (
        None,
        0,
    )


def test_who_waits_with_an_old_snapshot_hears_of_the_end(server, cluster, admin, eventually):
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": True})
    job_id = submit(admin, "CREATE INDEX ASYNC i ON t (a)")

    with cluster.connect() as other, ThreadPoolExecutor() as threads:
        waiting = threads.submit(wait, other, job_id)
        eventually(lambda: waits(admin), "somebody who waits")
        server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": False})

        assert waiting.result() is True


def test_nobody_waits_in_a_transaction(admin):
    with admin.transaction():
        assert refusal(admin, "CALL sys.wait_for_job('x')") == (
            "0A000",
            "sys.wait_for_job is not supported in a transaction block",
        )


def test_nobody_waits_longer_than_a_transaction_may_last(serve, data_dir):
    with serve(data_dir, "--limit", "transaction_age_s=1") as server:
        cluster = server.cluster
        server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": True})
        with cluster.connect() as connection:
            connection.execute("CREATE TABLE t (a int)")
            job_id = submit(connection, "CREATE INDEX ASYNC ON t (a)")

            with pytest.raises(psycopg.errors.ProgramLimitExceeded) as caught:
                wait(connection, job_id)

            told = caught.value.diag
            assert told.message_primary == "transaction age limit of 1s exceeded"
            assert told.message_detail == "Current transaction age 2s exceeds 1s"


def test_a_transaction_that_only_reads_keeps_no_index_from_being_built(cluster, admin):
    with cluster.connect(autocommit=False) as other:
        other.execute("SELECT * FROM t")
        job_id = submit(admin, "CREATE INDEX ASYNC i ON t (a)")
        other.execute("SELECT * FROM t WHERE a = 1")

        assert wait(admin, job_id) is True


def test_a_constraint_is_validated_in_the_background(admin):
    admin.execute("ALTER TABLE t ADD CONSTRAINT small CHECK (a < 10) NOT VALID")
    admin.execute("ALTER TABLE t ADD CONSTRAINT smaller CHECK (a < 9) NOT VALID")

    cursor = admin.execute("ALTER TABLE ASYNC t VALIDATE CONSTRAINT small")
    ((valid,),) = cursor.fetchall()
    violated = submit(admin, "ALTER TABLE ASYNC t VALIDATE CONSTRAINT smaller")

    assert cursor.statusmessage == "ALTER TABLE"
    assert wait(admin, valid) is True
    assert wait(admin, violated) is False
    assert "violated by some row" in job(admin, violated)[1]
    assert admin.execute(
        "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'c' AND conname ~ '^small' ORDER BY 1"
    ).fetchall() == [("small", True), ("smaller", False)]


def test_an_ended_job_is_forgotten_after_half_an_hour(server, cluster, admin):
    job_id = submit(admin, "CREATE INDEX ASYNC i ON t (a)")
    wait(admin, job_id)

    server.control("POST", f"/clusters/{cluster.identifier}/clock", {"advance_s": 1790})
    assert job(admin, job_id) is not None

    server.control("POST", f"/clusters/{cluster.identifier}/clock", {"advance_s": 20})
    with cluster.connect() as later:
        assert job(later, job_id) is None


def test_dropping_an_index_cancels_its_build(server, cluster, admin):
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": True})
    job_id = submit(admin, "CREATE INDEX ASYNC i ON t (a)")
    admin.execute("DROP INDEX i")
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": False})

    assert wait(admin, job_id) is False
    assert job(admin, job_id)[:2] == ("failed", "public.i was dropped")


def test_dropping_a_table_cancels_what_is_to_be_done_in_it(server, cluster, admin):
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": True})
    admin.execute("ALTER TABLE t ADD CONSTRAINT small CHECK (a < 10) NOT VALID")
    built = submit(admin, "CREATE INDEX ASYNC i ON t (a)")
    validated = submit(admin, "ALTER TABLE ASYNC t VALIDATE CONSTRAINT small")
    admin.execute("DROP TABLE t")
    server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": False})

    assert [wait(admin, built), wait(admin, validated)] == [False, False]
    assert [job(admin, built)[1], job(admin, validated)[1]] == [
        "public.i was dropped",
        "public.small was dropped",
    ]


def test_indexes_of_one_table_are_submitted_while_others_are_built(admin):
    jobs = [submit(admin, f"CREATE INDEX ASYNC i{number} ON t (a, b)") for number in range(20)]

    assert [wait(admin, job_id) for job_id in jobs] == [True] * len(jobs)
    valid = admin.execute("SELECT count(*) FROM pg_index WHERE indisvalid AND NOT indisprimary")
    assert valid.fetchone() >= (len(jobs),)


def test_builds_and_drops_meet_at_any_moment(admin):
    for number in range(20):
        job_id = submit(admin, f"CREATE INDEX ASYNC i{number} ON t (a)")
        admin.execute(f"DROP INDEX i{number}")

        assert wait(admin, job_id) or job(admin, job_id)[1] == f"public.i{number} was dropped"


@pytest.mark.parametrize("victim", ["server", "PostgreSQL", "both"])
def test_a_build_that_was_killed_is_done_again(data_dir, serve, eventually, victim):
    with serve(data_dir) as server:
        with server.cluster.connect() as connection:
            connection.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
            connection.execute("INSERT INTO t SELECT n, n FROM generate_series(1, 40) n")
            connection.execute(
                "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE sql"
                " AS 'SELECT $1 FROM (SELECT pg_sleep(0.02)) AS slept'"
            )
            slow = submit(connection, "CREATE INDEX ASYNC slowly ON t (slow(a))")
            next_ = submit(connection, "CREATE UNIQUE INDEX ASYNC unique_ ON t (a)")
            eventually(lambda: building(connection), "a build under way")
        postgres = postgres_of(data_dir)
        if victim != "PostgreSQL":
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
        if victim != "server":
            with contextlib.suppress(ProcessLookupError):
                os.kill(postgres, signal.SIGKILL)
        if victim == "PostgreSQL":
            eventually(lambda: reached(server.cluster), "a PostgreSQL started again")
            assert outcome(server.cluster, slow, next_) == BUILT
            return

    with serve(data_dir) as server:
        assert outcome(server.cluster, slow, next_) == BUILT


BUILT = ([True, True], [("slowly", True), ("t_pkey", True), ("unique_", True)])


def building(connection):
    held = "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareLock'"
    return connection.execute(held).fetchone() != (0,)


def postgres_of(data_dir):
    (claim,) = data_dir.glob("postgres/*/postmaster.pid")
    return int(claim.read_text().partition("\n")[0])


def reached(cluster):
    try:
        with cluster.connect() as connection:
            return connection.execute("SELECT true").fetchone()
    except psycopg.OperationalError:
        return None


def outcome(cluster, *jobs):
    with cluster.connect() as connection:
        succeeded = [wait(connection, job_id) for job_id in jobs]
        connection.execute("INSERT INTO t VALUES (1000, 1000)")
        valid = connection.execute(
            "SELECT relname, indisvalid AND indisready FROM pg_index JOIN pg_class ON oid = indexrelid"
            " WHERE indrelid = 't'::regclass ORDER BY 1"
        )
        return succeeded, valid.fetchall()


def test_a_job_survives_a_restart(data_dir, serve):
    with serve(data_dir) as server:
        cluster = server.cluster
        server.control("PUT", f"/clusters/{cluster.identifier}/jobs", {"held": True})
        with cluster.connect() as connection:
            connection.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
            job_id = submit(connection, "CREATE INDEX ASYNC i ON t (a)")

    with serve(data_dir) as server, server.cluster.connect() as connection:
        assert wait(connection, job_id) is True
        assert index(connection, "i") == (True, False)


def test_existing_index_is_left_alone_when_asked_for(admin):
    wait(admin, submit(admin, "CREATE INDEX ASYNC i ON t (a)"))

    cursor = admin.execute("CREATE INDEX ASYNC IF NOT EXISTS i ON t (b)")

    assert cursor.statusmessage == "CREATE INDEX"
    assert cursor.fetchall() == []


def test_the_view_has_the_columns_of_aurora_dsql(admin):
    found = admin.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'sys' AND table_name = 'jobs' ORDER BY ordinal_position"
    ).fetchall()

    assert found == [
        ("job_id", "text"),
        ("status", "text"),
        ("details", "text"),
        ("job_type", "text"),
        ("class_id", "oid"),
        ("object_id", "oid"),
        ("object_name", "text"),
        ("start_time", "timestamp with time zone"),
        ("update_time", "timestamp with time zone"),
    ]
