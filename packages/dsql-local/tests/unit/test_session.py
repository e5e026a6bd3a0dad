"""The session's clock."""

from dsql_local.dialect.classifier import Classifier
from dsql_local.faults import Faults
from dsql_local.session.effects import Close, ToClient, WakeAt
from dsql_local.session.session import LOGIN_TIMEOUT_S, Session
from dsql_local.wire.messages import Problem

NOT_MAPPED = Problem(sqlstate="28000", message="not mapped")


def session():
    return Session(
        turned_away=None, not_mapped=NOT_MAPPED, classifier=Classifier(), faults=Faults()
    )


def test_a_session_asks_to_be_woken_at_the_end_of_its_patience():
    assert session().begin(100.0) == [WakeAt(time=100.0 + LOGIN_TIMEOUT_S)]


def test_a_login_that_takes_too_long_is_refused():
    late = session()
    late.begin(100.0)

    told, closed = late.tick(100.0 + LOGIN_TIMEOUT_S)

    assert isinstance(told, ToClient)
    assert b"canceling authentication due to timeout" in told.data
    assert closed == Close()


def test_a_login_that_has_time_left_goes_on():
    early = session()
    early.begin(100.0)

    assert early.tick(99.0 + LOGIN_TIMEOUT_S) == []
    assert not early.closed


def test_a_session_that_ended_does_nothing_more():
    ended = session()
    assert ended.ended() == [Close()]

    assert ended.from_client(b"\0", 0.0) == []
    assert ended.refused(NOT_MAPPED) == []
