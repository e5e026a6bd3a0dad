"""Copying, message by message: errors in the middle, several in one query, data nobody wants."""

import psycopg
import pytest

from dsql_local.wire import extended, messages
from dsql_local.wire.frames import frame
from dsql_local.wire.messages import fields_of

SYNC, FLUSH, DONE = frame(b"S", b""), frame(b"H", b""), frame(b"c", b"")
COPY = "COPY other FROM STDIN"
NOT_A_NUMBER = 'invalid input syntax for type integer: "x"'


def data(*lines):
    return b"".join(frame(b"d", line.encode() + b"\n") for line in lines)


def executed(sql):
    return extended.parse(b"", sql.encode()) + extended.bind(b"", b"") + extended.execute(b"")


def told(wire, *sent, rounds=1):
    """What comes back, in short: types, of errors the message, of commands the tag."""
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


def test_bad_data_fails_the_copy_and_what_is_still_sent_of_it_is_ignored(wire):
    simple = told(wire, messages.query(COPY), data("1", "x", "2"), DONE)
    pipelined = told(wire, executed(COPY), data("1", "x", "2"), DONE, SYNC)

    assert simple == ["G", NOT_A_NUMBER, "ZI"]
    assert pipelined == ["1", "2", "G", NOT_A_NUMBER, "ZI"]
    assert told(wire, messages.query("SELECT count(*) FROM other"))[-2:] == ["SELECT 1", "ZI"]


def test_a_client_may_give_a_copy_up(wire):
    given_up = messages.copy_fail("no more")
    expected = "COPY from stdin failed: no more"

    assert told(wire, messages.query(COPY), data("1"), given_up) == ["G", expected, "ZI"]
    assert told(wire, executed(COPY), data("1"), given_up, SYNC)[-2:] == [expected, "ZI"]


def test_several_copies_stand_in_one_query(wire):
    text = f"BEGIN; {COPY}; {COPY}; SELECT; ROLLBACK"

    found = told(wire, messages.query(text), data("1"), DONE, data("2", "3"), DONE)

    assert found == ["BEGIN", "G", "COPY 1", "G", "COPY 2", "T", "D", "SELECT 1", "ROLLBACK", "ZI"]


def test_a_flush_or_a_sync_in_a_copy_is_ignored(wire):
    found = told(
        wire, messages.query(f"BEGIN; {COPY}; ROLLBACK"), data("1"), FLUSH, SYNC, data("2"), DONE
    )

    assert found == ["BEGIN", "G", "COPY 2", "ROLLBACK", "ZI"]


def test_data_without_a_copy_is_ignored(wire):
    found = told(wire, data("1"), DONE, messages.copy_fail("?"), messages.query("SELECT"))

    assert found == ["T", "D", "SELECT 1", "ZI"]


def test_a_copy_is_refused_where_a_write_is(wire):
    defined = messages.query(f"BEGIN; CREATE TABLE x (a int); {COPY}")

    assert told(wire, defined)[-2:] == [
        "ddl and dml are not supported in the same transaction",
        "ZE",
    ]
    assert told(wire, data("1"), DONE, messages.query("ROLLBACK")) == ["ROLLBACK", "ZI"]
    assert told(wire, messages.query(f"BEGIN READ ONLY; {COPY}"))[-2:] == [
        "cannot execute COPY FROM in a read-only transaction",
        "ZE",
    ]


@pytest.mark.parametrize("format_", ["text", "binary", "csv"])
def test_what_is_copied_out_can_be_copied_in(connection, format_):
    with connection.cursor().copy(
        f"COPY (SELECT generate_series(1, 2000)) TO STDOUT (FORMAT {format_})"
    ) as copy:
        sent = b"".join(copy)
    with connection.transaction(force_rollback=True):
        with connection.cursor().copy(f"COPY other FROM STDIN (FORMAT {format_})") as copy:
            copy.write(sent)

        assert connection.execute("SELECT count(*), sum(c) FROM other").fetchone() == (
            2000,
            2001000,
        )


def test_more_than_one_message_may_hold_is_copied_out_and_in(connection):
    """A transaction of 12 MiB is too large when it commits, not when it is copied."""
    line = "x" * (1024 * 1024 - 100)
    with connection.transaction(force_rollback=True):
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            for number in range(12):
                copy.write(f"{number}\t{line}\n")

        with connection.cursor().copy("COPY t TO STDOUT") as copy:
            assert sum(map(len, copy)) > 12 * len(line)


@pytest.mark.parametrize("other_end", ["'/etc/passwd'", "PROGRAM 'true'"])
def test_no_file_of_the_machine_is_copied(connection, other_end):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(f"COPY t FROM {other_end}")

    assert caught.value.sqlstate in {"0A000", "42501"}
