"""What no client should send: its connection ends with a proper error, the server goes on."""

import os
import random
import socket
import struct
from pathlib import Path

import pytest

from dsql_local.wire import startup
from dsql_local.wire.frames import MAX_MESSAGE, frame
from dsql_local.wire.messages import fields_of

SSL_REQUEST = struct.pack(">II", 8, startup.SSL)


@pytest.fixture(autouse=True)
def bystander(server):
    """A session that is there all along, and new ones after it."""
    with server.cluster.connect() as connection:
        yield
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with server.cluster.connect() as later:
        assert later.execute("SELECT 2").fetchone() == (2,)
    assert server.process.poll() is None
    assert "Traceback" not in server.said()


def plain(server, *pieces):
    """Send bytes outside TLS, end the sending side, and return what comes."""
    with socket.create_connection(("127.0.0.1", server.facts.port), 30) as client:
        for piece in pieces:
            client.sendall(piece)
        found = b""
        try:
            client.shutdown(socket.SHUT_WR)
            while more := client.recv(65536):
                found += more
        except ConnectionError:
            pass
        return found


@pytest.mark.parametrize("cut", range(len(SSL_REQUEST) + 1))
def test_a_startup_that_stops_anywhere_ends_quietly(server, cut):
    assert plain(server, SSL_REQUEST[:cut])[:1] in {b"", b"S", b"E"}


@pytest.mark.parametrize(
    "packet",
    [
        struct.pack(">II", 7, startup.SSL),
        struct.pack(">II", 2**31, startup.SSL),
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        bytes(100),
        struct.pack(">II", 20, 3 << 16) + b"user\0",
    ],
)
def test_a_malformed_startup_is_a_protocol_violation(server, packet):
    found = plain(server, packet)

    assert found[:1] == b"E"
    assert fields_of(found[5:])["C"] == "08P01"


@pytest.mark.parametrize("first", [SSL_REQUEST, b""])
def test_garbage_instead_of_a_tls_handshake_ends_that_connection(server, first):
    found = plain(server, first, b"\x16" + random.Random(7).randbytes(4000))

    assert found[: len(first[:1])] in {b"S", b""}


def test_plaintext_stuffed_behind_the_request_for_tls_is_never_part_of_the_session(server):
    stuffed = startup.encode({"user": "admin", "database": "postgres"})

    found = plain(server, SSL_REQUEST + stuffed)

    assert found[:1] == b"S"
    assert b"SSL is mandatory" not in found


def test_gss_encryption_is_declined_and_tls_still_possible(server):
    gss = struct.pack(">II", 8, startup.GSS)

    assert plain(server, gss, SSL_REQUEST)[:2] == b"NS"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (struct.pack(">II", 20_000, 3 << 16), "invalid length of startup packet"),
        (struct.pack(">II", 9, 3 << 16) + b"x", "invalid startup packet layout"),
        (startup.encode({"user": "admin"}) + frame(b"Q", b"SELECT 1\0"), "expected password"),
        (startup.encode({"user": "admin"}) + b"p" + bytes(4), "invalid message length"),
        (startup.encode({"user": "admin"}) + b"p\xff\xff\xff\xff", "invalid message length"),
        (startup.encode({"database": "postgres"}), "no PostgreSQL user name"),
        (SSL_REQUEST, "encryption was requested inside encryption"),
        (struct.pack(">II", 8, 2 << 16), "unsupported frontend protocol 2.0"),
    ],
)
def test_a_login_that_breaks_the_protocol_is_told_how(server, sent, message):
    with server.cluster.raw() as wire:
        wire.send(sent)
        found = wire.error()

    assert found["S"] == "FATAL"
    assert message in found["M"]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"\x00\x00\x00\x00\x04", "invalid frontend message type 0"),
        (b"Q\x00\x00\x00\x03", "invalid message length"),
    ],
)
def test_a_session_that_breaks_the_protocol_is_told_how(server, sent, message):
    with server.cluster.raw() as wire:
        wire.start(server.cluster.token(server.owner))
        wire.messages("Z")
        wire.send(frame(b"Q", b"SELECT 7\0") + sent)
        answers = wire.messages("")

    kinds = [kind for kind, _ in answers]
    assert kinds[-1] == "E"
    assert fields_of(answers[-1][1])["M"] == message


def test_a_message_above_ten_mebibytes_drops_the_connection(server):
    with server.cluster.raw() as wire:
        wire.start(server.cluster.token(server.owner))
        wire.messages("Z")
        wire.send(b"Q" + (MAX_MESSAGE + 1).to_bytes(4, "big"))

        assert wire.messages("") == []


def test_a_message_of_ten_mebibytes_is_served(server):
    statement = b"SELECT 1 /*" + b"x" * (MAX_MESSAGE - 4 - 1 - 13) + b"*/\0"
    assert len(statement) == MAX_MESSAGE - 4
    with server.cluster.raw() as wire:
        wire.start(server.cluster.token(server.owner))
        wire.messages("Z")
        wire.send(frame(b"Q", statement))

        assert [kind for kind, _ in wire.messages("Z")] == ["T", "D", "C", "Z"]


def test_a_flood_before_the_end_of_the_login_is_refused(server):
    with server.cluster.raw() as wire:
        wire.send(startup.encode({"user": "admin"}) + b"p" + (70_000).to_bytes(4, "big"))

        assert wire.error()["M"] == "invalid message length"


def test_a_client_that_vanishes_leaves_no_session(server, eventually):
    def sessions():
        statement = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vanishing'"
        return admin.execute(statement).fetchone()

    with server.cluster.connect() as admin:
        doomed = server.cluster.connect(application_name="vanishing")
        doomed.pgconn.send_query(b"SELECT pg_sleep(600)")
        doomed.pgconn.flush()
        assert sessions() == (1,)
        # The socket goes as it does when a process is killed: no Terminate, no TLS goodbye.
        os.close(os.dup2(os.open(os.devnull, os.O_RDWR), doomed.pgconn.socket))

        eventually(lambda: sessions() == (0,), "the end of the session")
        doomed.pgconn.finish()


def test_clients_that_say_nothing_do_not_keep_others_out(server):
    silent = [socket.create_connection(("127.0.0.1", server.facts.port), 30) for _ in range(100)]
    try:
        with server.cluster.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        for client in silent:
            client.close()


def test_a_reader_that_does_not_keep_up_holds_back_its_own_session_only(server):
    with server.cluster.raw() as wire:
        wire.start(server.cluster.token(server.owner))
        wire.messages("Z")
        wire.send(frame(b"Q", b"SELECT repeat('x', 1000000) FROM generate_series(1, 200)\0"))
        before = resident(server.process.pid)
        with server.cluster.connect() as other:
            other.execute("SELECT pg_sleep(0.5)")

        assert resident(server.process.pid) - before < 50_000_000
        assert [kind for kind, _ in wire.messages("Z")].count("D") == 200


def resident(pid):
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")
