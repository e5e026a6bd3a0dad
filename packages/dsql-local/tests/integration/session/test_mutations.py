"""Ten thousand messages nobody should send: nothing crashes, nothing hangs, nothing gets through."""

import random
import socket
import ssl

import pytest

from dsql_local.wire import extended, messages
from dsql_local.wire.frames import frame

MESSAGES = 10_000
# A session ends at the first message that breaks the protocol, so few share one.
PER_SESSION = 25
SEEDS = [
    messages.query("TRUNCATE t; SELECT 1"),
    messages.query("BEGIN; SAVEPOINT s; COMMIT"),
    messages.query("COPY other FROM STDIN"),
    messages.query("ALTER TABLE t ALTER a SET NOT NULL"),
    extended.parse(b"s", b"TRUNCATE t"),
    extended.parse(b"", b"SELECT $1::int"),
    extended.bind(b"", b"s"),
    extended.bind(b"p", b""),
    extended.execute(b"p"),
    extended.execute(b""),
    extended.close_statement(b"s"),
    extended.close_portal(b"p"),
    frame(b"D", b"Ss\0"),
    frame(b"F", bytes(10)),
    frame(b"d", b"1\n"),
    frame(b"c", b""),
    frame(b"f", b"no\0"),
    frame(b"H", b""),
    frame(b"S", b""),
]


def mutated(message, dice):
    """Change, cut or stretch one message; now and then leave it."""
    data = bytearray(message)
    match dice.randrange(6):
        case 0:
            data[dice.randrange(len(data))] = dice.randrange(256)
        case 1:
            del data[dice.randrange(len(data)) :]
        case 2:
            data[dice.randrange(len(data))] = 0
        case 3:
            place = dice.randrange(5, len(data) + 1)
            data[place:place] = dice.randbytes(dice.randrange(1, 8))
            data[1:5] = (len(data) - 1).to_bytes(4, "big")
        case 4:
            place = dice.randrange(1, len(data))
            data[place] ^= 1 << dice.randrange(8)
        case _:
            pass
    return bytes(data)


def heard_to_the_end(wire):
    """Everything up to the end of the connection; it must come."""
    wire.socket.settimeout(30)
    found = b""
    try:
        while more := wire.socket.recv(65536):
            found += more
    except (ConnectionError, ssl.SSLError):
        pass
    return found


@pytest.mark.parametrize("seed", range(4))
def test_mutated_messages_neither_crash_nor_hang_nor_reach_a_table(shared, seed):
    dice = random.Random(seed)
    password = shared.token(shared.server.owner)
    with shared.connect() as connection:
        connection.execute("INSERT INTO t VALUES (42, 'kept')")

    for _ in range(MESSAGES // PER_SESSION // 4):
        with shared.raw() as wire:
            wire.start(password)
            wire.messages("Z")
            wire.send(b"".join(mutated(dice.choice(SEEDS), dice) for _ in range(PER_SESSION)))
            wire.socket.shutdown(socket.SHUT_WR)
            heard_to_the_end(wire)

    assert shared.server.process.poll() is None
    with shared.connect() as connection:
        found = connection.execute("DELETE FROM t WHERE a = 42 RETURNING b").fetchall()
        assert found == [("kept",)]
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert "Traceback" not in shared.server.said()
