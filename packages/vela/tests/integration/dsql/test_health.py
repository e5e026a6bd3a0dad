import pytest
from psycopg import errors as pg

from vela.dsql import classify, probe
from vela.errors import DeadlineExceeded, DsqlError, Unreachable


def refused(error):
    raise error


def test_a_healthy_cluster_says_who_it_is_and_what_it_took(pool):
    found = probe(pool)

    assert (found.cluster, found.region) == (pool.settings.cluster_id, pool.settings.region)
    assert found.role == pool.settings.role
    assert found.server_version
    assert found.token_ms > 0
    assert found.connect_ms > 0
    assert found.query_ms > 0
    assert (found.reused, found.age_s < 60) == (False, True)


def test_the_second_answer_comes_by_the_same_connection(pool):
    first, second = probe(pool), probe(pool)

    assert second.reused
    assert second.connect_ms == first.connect_ms, "it tells what opening took"
    assert second.age_s >= first.age_s


def test_a_connection_that_died_unseen_is_not_the_clusters_illness(wired, wire):
    probe(wired)
    wire.fail("before")

    assert probe(wired).reused is False


def test_an_old_view_of_the_schema_is_not_the_clusters_illness(pool):
    with pool.connection() as conn:
        refusals = [pg.SerializationFailure("schema has been updated (OC001)")]
        honest = conn.ping
        conn.ping = lambda: refused(refusals.pop()) if refusals else honest()

    assert probe(pool).reused
    assert not refusals


def test_a_cluster_that_falls_silent_is_told_at_the_deadline(wired, wire):
    probe(wired)
    wire.fail("silence")

    with pytest.raises(DeadlineExceeded, match=r"0\.3 s"):
        probe(wired, deadline_s=0.3)

    assert probe(wired).reused is False


def test_a_cluster_that_is_gone_is_told_as_unreachable(wired, wire):
    probe(wired)
    wire.stop()

    with pytest.raises(Unreachable):
        probe(wired)


def test_any_other_answer_keeps_its_sqlstate_its_text_and_its_hint(pool):
    with pool.connection() as conn, pytest.raises(pg.UndefinedFunction) as refused:
        conn.execute("SELECT no_such_function(1)")

    found = classify(refused.value, pool.settings)

    assert type(found) is DsqlError
    assert "42883: function no_such_function(integer) does not exist HINT:" in found.what
