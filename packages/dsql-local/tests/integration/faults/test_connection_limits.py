"""How many connections there may be, and how fast they may come."""

import psycopg
import pytest


def refused(cluster):
    with pytest.raises(psycopg.OperationalError) as caught:
        cluster.connect()
    return str(caught.value)


def test_no_more_connect_than_the_limit(data_dir, serve):
    with serve(data_dir, "--limit", "connections=2") as server:
        cluster = server.cluster
        with cluster.connect(), cluster.connect() as second:
            assert "FATAL:  Unable to accept connection, too many open connections." in refused(
                cluster
            )

            second.close()

            cluster.connect().close()


def test_a_burst_is_followed_by_the_sustained_rate(data_dir, serve):
    limits = ("--limit", "connection_burst=3", "--limit", "connections_per_second=0")
    with serve(data_dir, *limits) as server:
        for _ in range(3):
            server.cluster.connect().close()

        assert "FATAL:  Unable to accept connection, rate exceeded." in refused(server.cluster)


def test_the_bucket_refills_as_time_passes(data_dir, serve):
    limits = ("--limit", "connection_burst=1", "--limit", "connections_per_second=1")
    with serve(data_dir, *limits) as server:
        cluster = server.cluster
        cluster.connect().close()

        server.control("POST", f"/clusters/{cluster.identifier}/clock", {"advance_s": 10})

        cluster.connect().close()


def test_a_message_of_more_than_ten_mebibytes_ends_the_connection(cluster):
    with cluster.connect() as connection, pytest.raises(psycopg.OperationalError) as caught:
        connection.execute("SELECT length(%s)", ["x" * (10 * 1024 * 1024)])

    assert caught.value.sqlstate is None
