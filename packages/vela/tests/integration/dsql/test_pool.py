import threading
from typing import Any

import psycopg
import pytest
from psycopg import errors as pg
from psycopg.rows import dict_row

from vela.dsql import Deadline, Pool
from vela.dsql.deadline import Clocks
from vela.dsql.opening import Opener
from vela.dsql.pool import JITTER, LIFETIME_S, REST_S
from vela.errors import DeadlineExceeded, DsqlError, PoolExhausted


class Hand:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clocks():
    return Clocks(monotonic=Hand(), wall=Hand())


@pytest.fixture
def aging(cluster, clocks):
    """A pool whose time is moved by hand, and whose dice always show nought."""
    with Pool(
        cluster.settings, credentials=cluster.credentials, clocks=clocks, roll=lambda: 0.0
    ) as pool:
        yield pool


def says_once(error, otherwise):
    """What a server says to one question, before it goes on as ever."""
    said = [error]

    def answer():
        if said:
            raise said.pop()
        return otherwise()

    return answer


def use(pool):
    """Lend a connection, use it, and tell which it was."""
    with pool.connection() as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
        return conn


def test_a_pool_opens_nothing_until_it_is_asked(pool):
    assert pool.stats().opened == 0


def test_a_connection_is_given_again(pool):
    first, second = use(pool), use(pool)

    assert first is second
    assert (pool.stats().opened, pool.stats().reused, pool.stats().idle) == (1, 1, 1)


def test_the_one_used_last_is_given_first(pool):
    with pool.connection() as older, pool.connection():
        pass

    assert use(pool) is older, "it was given back last"


def test_a_connection_is_in_autocommit_and_prepares_nothing(pool):
    with pool.connection() as conn:
        for _ in range(10):
            conn.execute("SELECT %s::int", [1])

        assert conn.autocommit
        assert conn.prepare_threshold is None
        assert conn.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert conn.pgconn.ssl_in_use


def test_each_connection_gets_a_token_of_its_own(cluster):
    asked = []

    def credentials():
        asked.append(1)
        return cluster.credentials()

    with (
        Pool(cluster.settings, credentials=credentials) as pool,
        pool.connection(),
        pool.connection(),
    ):
        assert len(asked) == 2


def test_a_full_pool_says_who_it_is_and_how_full(cluster):
    with (
        Pool(cluster.settings, credentials=cluster.credentials, max_size=1, name="web") as pool,
        pool.connection(),
        pytest.raises(PoolExhausted, match=r"'web'.* 1 connection.*0\.05 s"),
        pool.connection(deadline=Deadline.after(0.05)),
    ):
        pass


def test_who_waits_gets_the_connection_that_is_given_back(cluster):
    got = []
    with Pool(cluster.settings, credentials=cluster.credentials, max_size=1) as pool:
        with pool.connection() as held:
            waiting = threading.Thread(target=lambda: got.append(use(pool)))
            waiting.start()
        waiting.join(10)

    assert got == [held]


def test_threads_never_share_a_connection_nor_exceed_the_size(cluster):
    busy: set[Any] = set()
    errors: list[Any] = []
    most: list[int] = []
    lock = threading.Lock()

    def work():
        for _ in range(10):
            with pool.connection() as conn:
                with lock:
                    errors.extend([conn] if conn in busy else [])
                    busy.add(conn)
                    most.append(len(busy))
                conn.execute("SELECT 1")
                with lock:
                    busy.discard(conn)

    with Pool(cluster.settings, credentials=cluster.credentials, max_size=3) as pool:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        stats = pool.stats()

    assert not errors
    assert max(most) <= 3
    assert stats.opened <= 3
    assert stats.opened + stats.reused == 80
    assert stats.in_use == 0


def test_a_connection_past_its_lifetime_is_never_given(aging, clocks):
    first = use(aging)
    clocks.monotonic.now += LIFETIME_S

    assert use(aging) is not first
    assert first.closed
    assert aging.stats().discarded == 1


def test_a_connection_that_grows_too_old_in_use_is_not_kept(aging, clocks):
    with aging.connection() as conn:
        clocks.monotonic.now += LIFETIME_S

    assert conn.closed
    assert aging.stats().idle == 0


def test_lifetimes_differ_by_chance_and_stay_below_55_minutes(cluster, clocks):
    rolls = iter([0.0, 0.999, 0.5])
    with Pool(
        cluster.settings,
        credentials=cluster.credentials,
        clocks=clocks,
        roll=lambda: next(rolls),
    ) as pool:
        with pool.connection() as longest, pool.connection() as shortest:
            pass
        clocks.monotonic.now += LIFETIME_S * (1 - JITTER / 2)
        with pool.connection() as one, pool.connection() as other:
            assert longest in {one, other}
            assert shortest not in {one, other}

    assert longest.lifetime_s <= 55 * 60


@pytest.mark.parametrize("clock", ["monotonic", "wall"])
def test_a_connection_that_died_in_a_freeze_is_replaced_silently(cluster, wire, clocks, clock):
    settings = wire.settings(cluster.settings)
    with Pool(settings, credentials=cluster.credentials, clocks=clocks) as pool:
        frozen = use(pool)
        wire.fail("silence")
        getattr(clocks, clock).now += REST_S

        assert use(pool) is not frozen
        assert (pool.stats().opened, pool.stats().discarded) == (2, 1)


def test_a_connection_that_only_rested_is_asked_and_kept(aging, clocks):
    first = use(aging)
    clocks.monotonic.now += 600

    assert use(aging) is first


def test_a_connection_whose_server_left_is_noticed_without_asking(wired, wire):
    left = use(wired)
    wire.hang_up()

    assert use(wired) is not left
    assert wired.stats().discarded == 1


def test_a_connection_given_back_in_a_transaction_is_closed(pool):
    with pool.connection() as conn:
        conn.execute("BEGIN")

    assert conn.closed
    assert (pool.stats().idle, pool.stats().discarded) == (0, 1)


def test_a_connection_that_lost_its_autocommit_is_closed(pool):
    with pool.connection() as conn:
        conn.autocommit = False

    assert conn.closed


def test_a_row_factory_does_not_outlive_its_borrower(pool):
    with pool.connection() as conn:
        conn.row_factory = dict_row

    assert use(pool) is conn


def test_an_error_of_the_borrower_gives_the_connection_back(pool):
    with pytest.raises(KeyError), pool.connection() as conn:
        raise KeyError

    assert use(pool) is conn


def test_a_statement_past_the_deadline_closes_its_connection(pool):
    use(pool)

    with (
        pytest.raises(DeadlineExceeded, match=r"0\.2 s"),
        pool.connection(deadline=Deadline.after(0.2)) as conn,
    ):
        conn.execute("SELECT pg_sleep(30)")

    assert conn.closed
    assert pool.stats().idle == 0


def test_after_the_deadline_nothing_is_sent_and_the_connection_stays_good(pool):
    now = [0.0]
    with (
        pytest.raises(DeadlineExceeded),
        pool.connection(deadline=Deadline.after(10, clock=lambda: now[0])) as conn,
    ):
        conn.execute("SELECT 1")
        now[0] = 11.0
        conn.execute("SELECT 1")

    assert use(pool) is conn


def test_a_failure_to_open_gives_its_place_back(cluster):
    failures = [DsqlError("no", "yes"), DsqlError("no", "yes")]
    opener = Opener(settings=cluster.settings, credentials=cluster.credentials)

    class FailsTwice:
        def open(self, deadline):
            if failures:
                raise failures.pop()
            return opener.open(deadline)

    with Pool(
        cluster.settings, credentials=cluster.credentials, max_size=1, opener=FailsTwice()
    ) as pool:
        for _ in range(2):
            with pytest.raises(DsqlError), pool.connection():
                pass

        use(pool)
        assert pool.stats().opened == 1


def test_a_closed_pool_lends_nothing_and_keeps_nothing(pool):
    idle = use(pool)
    with pool.connection() as lent, pool.connection():
        pool.close()
        assert not lent.closed

    assert idle.closed
    assert lent.closed
    with pytest.raises(DsqlError, match="closed"), pool.connection():
        pass


def test_a_connection_with_an_old_view_of_the_schema_is_alive(aging, clocks):
    first = use(aging)
    clocks.monotonic.now += REST_S
    first.ping = says_once(pg.SerializationFailure("schema has been updated (OC001)"), first.ping)

    assert use(aging) is first


def test_an_answer_that_is_an_error_is_raised(pool):
    with pool.connection() as conn:
        conn.execute("BEGIN")
        with pytest.raises(pg.SyntaxError):
            conn.execute("not SQL")

        with pytest.raises(pg.InFailedSqlTransaction):
            conn.ping()


def test_an_interrupted_statement_closes_its_connection_at_once(pool):
    def interrupted():
        yield psycopg.waiting.Wait.W
        raise KeyboardInterrupt

    with pool.connection() as conn, pytest.raises(KeyboardInterrupt):
        conn.wait(interrupted())

    assert conn.closed
