"""Laws of the session: what reaches PostgreSQL, and when."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dsql_local.dialect.classifier import Classifier
from dsql_local.faults import Faults
from dsql_local.session.effects import Authenticate, Close, OpenBackend, ToBackend, ToClient
from dsql_local.session.session import Session
from dsql_local.wire import messages, startup
from dsql_local.wire.frames import frame
from dsql_local.wire.messages import Problem

CLASSIFIER = Classifier()
NOT_MAPPED = Problem(sqlstate="28000", message="not mapped")
DENIED = Problem(sqlstate="08006", message="denied")
LOGIN = b"".join(
    [
        messages.AUTHENTICATION_OK,
        messages.parameter_status("server_version", "16.14"),
        frame(b"K", bytes(8)),
        frame(b"Z", b"I"),
    ]
)
MAPPED = b"".join(
    [
        frame(b"T", bytes(20)),
        frame(b"D", b"\0\1\0\0\0\1t"),
        messages.command_complete("SELECT 1"),
        frame(b"Z", b"I"),
    ]
)
MARKED_NOTICE = messages.fields_message(
    b"N", {"S": "NOTICE", "M": "AWS IAM GRANT", "s": "dsql_local"}
)
READY = frame(b"Z", b"I")
MARKED_ERROR = messages.fields_message(
    b"E", {"S": "ERROR", "M": "no", "W": "where", "s": "dsql_local"}
)
# What PostgreSQL answers to each of the statements below, and cannot answer before it is asked.
ANSWERS = [
    frame(b"D", bytes(300)) + messages.command_complete("SELECT 1") + READY,
    MARKED_NOTICE + messages.command_complete("CALL") + READY,
    MARKED_ERROR + READY,
]
STATEMENTS = [b"SELECT 1\0", b"AWS IAM GRANT a TO 'arn'\0", b"SHOW server_version; SELECT 2\0"]

cuts = st.lists(st.integers(0, 900), max_size=12)
users = st.sampled_from(["admin", "app"])


def hello(user):
    packet = startup.encode({"user": user, "database": "postgres"})
    return packet + frame(b"p", b"token\0")


def pieces(stream, cuts):
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    return [stream[start:end] for start, end in pairwise(edges)]


class World:
    """Answers what a session asks for, and keeps what it says."""

    def __init__(self, verdict):
        self.session = Session(
            turned_away=None, not_mapped=NOT_MAPPED, classifier=CLASSIFIER, faults=Faults()
        )
        self.verdict = verdict
        self.effects = []
        self.to_client = self.to_backend = b""

    def see(self, effects):
        for effect in effects:
            self.effects.append(effect)
            match effect:
                case ToClient(data=data):
                    self.to_client += data
                case ToBackend(data=data):
                    self.to_backend += data
                case Authenticate() if isinstance(self.verdict, Problem):
                    self.see(self.session.refused(self.verdict))
                case Authenticate():
                    self.see(self.session.granted(self.verdict))
                case OpenBackend():
                    self.see(self.session.backend_opened())
                case _:
                    pass

    def hear(self, chunks):
        for chunk in chunks:
            self.see(self.session.from_client(chunk, 0.0))

    def answer(self, chunks):
        for chunk in chunks:
            self.see(self.session.from_backend(chunk, 0.0))


def conversation(user, client_cuts, backend_cuts):
    world = World("arn:aws:iam::123456789012:role/app")
    world.hear(pieces(hello(user) + b"".join(frame(b"Q", s) for s in STATEMENTS), client_cuts))
    for replies in [LOGIN + (b"" if user == "admin" else MAPPED), *ANSWERS]:
        world.answer(pieces(replies, backend_cuts))
    return world.to_client, world.to_backend


@given(users, cuts, cuts)
def test_where_the_network_cuts_the_bytes_changes_nothing(user, client_cuts, backend_cuts):
    assert conversation(user, client_cuts, backend_cuts) == conversation(user, [], [])


@given(users)
def test_a_whole_conversation_says_what_it_should(user):
    to_client, to_backend = conversation(user, [], [])

    assert b"16.15\0" in to_client
    assert b"AWS IAM GRANT\0" in to_client
    assert MARKED_NOTICE not in to_client
    assert b"where" not in to_client
    assert b"token" not in to_backend
    assert b"pg_dsql_local.iam_grant(E'a', E'arn')" in to_backend
    assert (b"iam_mapped" in to_backend) == (user != "admin")


@st.composite
def mutated(draw):
    """A good beginning with a few bytes changed, cut short or with rubbish in it."""
    stream = bytearray(hello(draw(users)) + frame(b"Q", b"DROP TABLE t\0"))
    for _ in range(draw(st.integers(0, 4))):
        stream[draw(st.integers(0, len(stream) - 1))] = draw(st.integers(0, 255))
    end = draw(st.integers(0, len(stream)))
    return bytes(stream[:end]) + draw(st.binary(max_size=30))


@given(st.one_of(mutated(), st.binary(max_size=200)), cuts)
def test_nothing_reaches_postgresql_without_a_granted_token(stream, cuts):
    world = World(DENIED)

    world.hear(pieces(stream, cuts))

    assert world.to_backend == b""
    assert not any(isinstance(effect, OpenBackend) for effect in world.effects)


@given(mutated(), cuts)
def test_whatever_a_client_sends_the_session_lives_on_or_ends_and_says_nothing_after(stream, cuts):
    world = World("arn")

    world.hear(pieces(stream, cuts))
    world.answer([LOGIN])
    world.hear([stream])

    closings = [i for i, effect in enumerate(world.effects) if isinstance(effect, Close)]
    assert closings in ([], [len(world.effects) - 1])
    assert world.session.closed == bool(closings)


@given(st.lists(st.sampled_from(STATEMENTS), max_size=5), cuts)
def test_what_is_sent_ahead_waits_for_the_grant_and_keeps_its_order(statements, cuts):
    world = World("arn")
    world.hear(pieces(hello("admin") + b"".join(frame(b"Q", s) for s in statements), cuts))
    before = world.to_backend
    world.answer([LOGIN, *[READY] * len(statements)])

    assert b"SELECT" not in before
    after = world.to_backend[len(before) :]
    assert after.count(b"Q\0\0") == len(statements)


@given(st.sampled_from([b"f", b""]))
def test_a_role_that_is_not_mapped_hears_nothing_of_postgresql(answer):
    world = World("arn")
    world.hear([hello("app")])
    row = frame(b"D", b"\0\1\0\0\0\1" + answer) if answer else b""

    world.answer([LOGIN, row, messages.command_complete("SELECT"), frame(b"Z", b"I")])

    asked = messages.AUTHENTICATION_CLEARTEXT_PASSWORD
    assert world.to_client == asked + NOT_MAPPED.encode()
    assert world.session.closed


def test_ten_thousand_mutated_logins_bring_nothing_to_postgresql():
    dice = random.Random(2026)
    good = hello("admin") + b"".join(frame(b"Q", each) for each in STATEMENTS)

    for _ in range(10_000):
        stream = bytearray(good)
        for _ in range(dice.randrange(1, 5)):
            stream[dice.randrange(len(stream))] = dice.randrange(256)
        world = World(DENIED)
        world.hear([bytes(stream)])
        assert world.to_backend == b""
        assert not any(isinstance(effect, OpenBackend) for effect in world.effects)
