"""Gaps of the rules show while a server runs and when it stops."""


def test_gaps_are_counted_told_and_logged(data_dir, serve):
    with serve(data_dir, "--log-unknown") as server:
        with server.cluster.connect() as connection:
            for prepare in (False, True):
                connection.execute("SELECT pg_export_snapshot()", prepare=prepare)
            connection.execute("SELECT 1")

        assert server.control("GET", "/unknown") == {"unknown": {"function pg_export_snapshot": 2}}
        assert server.stop() == 0

        said = server.said()
    shown = "no rule knows function pg_export_snapshot, PostgreSQL answers it: SELECT"
    assert said.count(shown) == 1
    assert "statements no rule knows went to PostgreSQL: function pg_export_snapshot (2)" in said
