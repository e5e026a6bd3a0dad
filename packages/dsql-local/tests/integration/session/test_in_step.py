"""Whatever is sent, and however: the session's transaction is where PostgreSQL's own is."""

import socket
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.transaction import message_ended
from dsql_local.faults import Faults
from dsql_local.session.effects import ToBackend, ToClient
from dsql_local.session.relay import Relay
from dsql_local.wire import extended, messages, startup
from dsql_local.wire.frames import Frame, Scanner, frame
from dsql_local.wire.messages import fields_of

# Refused by what the catalogue answers, which nobody can foresee.
ASKED = "ALTER TABLE t DROP COLUMN a"
STATEMENTS = [
    "SELECT 1",
    "SELECT 1/0",
    "SELECT nothing",
    "BEGIN",
    "START TRANSACTION READ ONLY",
    "COMMIT",
    "COMMIT AND CHAIN",
    "ROLLBACK",
    "ROLLBACK AND CHAIN",
    "SAVEPOINT s",
    "TRUNCATE t",
    "SET TRANSACTION READ ONLY",
    "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
    "DELETE FROM t",
    "COMMENT ON TABLE t IS 'x'",
    ASKED,
    "ANALYZE t",
    "SHOW server_version",
]
EVERYTHING = bytes(range(256))
SYNC = frame(b"S", b"")
CLASSIFIER = Classifier()
# What the session brings about or foresees; anything else is PostgreSQL's own decision.
FORESEEN = {"0A000", "25P02"}

simple = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=4).map(
    lambda each: messages.query("; ".join(each))
)
pipeline = st.lists(st.sampled_from(STATEMENTS), max_size=4).map(
    lambda each: b"".join(map(run_by_parts, each)) + SYNC
)
conversations = st.lists(st.one_of(simple, pipeline), max_size=8)


def run_by_parts(sql):
    return extended.parse(b"", sql.encode()) + extended.bind(b"", b"") + extended.execute(b"")


class Backend:
    """A connection to PostgreSQL itself, past the server."""

    def __init__(self, directory):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(str(next(Path(directory).glob(".s.PGSQL.*[0-9]"))))
        self._scanner = Scanner(EVERYTHING)
        self.said(startup.encode({"user": "dsql_local", "database": "postgres"}))

    def close(self):
        self._socket.close()

    def said(self, data):
        """All messages up to the next ReadyForQuery."""
        self._socket.sendall(data)
        frames: list[Frame] = []
        while not frames or frames[-1].type != ord("Z"):
            heard = self._scanner.feed(self._socket.recv(65536))
            frames += [each for each in heard if isinstance(each, Frame)]
        return frames


@pytest.fixture(scope="module")
def backend(postgres):
    with closing(Backend(postgres)) as opened:
        opened.said(messages.query("CREATE TABLE IF NOT EXISTS public.t (a int PRIMARY KEY)"))
        yield opened


def sent_by(effects):
    return b"".join(effect.data for effect in effects if isinstance(effect, ToBackend))


def codes(frames):
    return [fields_of(each.body)["C"] for each in frames if each.type == ord("E")]


@settings(max_examples=200, deadline=None)
@given(conversations)
def test_after_every_round_the_transaction_is_postgresqls(backend, rounds):
    backend.said(messages.query("ROLLBACK"))
    relay = Relay(CLASSIFIER, Faults())

    for sent in rounds:
        asked = sent_by(relay.from_client(sent, 0.0))
        foreseen = message_ended(relay._translator.judge.transaction).status
        answered = backend.said(asked)
        heard = relay.from_backend(b"".join(each.raw for each in answered), 0.0)

        status = answered[-1].body
        assert relay._translator.judge.transaction.status == status
        clients = list(
            Scanner(EVERYTHING).feed(b"".join(e.data for e in heard if isinstance(e, ToClient)))
        )
        assert clients[-1] == answered[-1]
        if set(codes(clients)) <= FORESEEN and ASKED.encode() not in sent:
            assert foreseen == status, sent


@settings(max_examples=100, deadline=None)
@given(conversations)
def test_rounds_sent_ahead_are_answered_as_those_that_wait(backend, rounds):
    """The whole conversation at once, against the same one message by message."""

    def talk(chunks):
        backend.said(messages.query("ROLLBACK; DELETE FROM t"))
        relay = Relay(CLASSIFIER, Faults())
        found = b""
        for chunk in chunks:
            asked = sent_by(relay.from_client(chunk, 0.0))
            while asked:
                answer = b"".join(each.raw for each in backend.said(asked))
                effects = relay.from_backend(answer, 0.0)
                found += b"".join(e.data for e in effects if isinstance(e, ToClient))
                asked = sent_by(effects)
        return found

    assert talk([b"".join(rounds)] if rounds else []) == talk(rounds)
