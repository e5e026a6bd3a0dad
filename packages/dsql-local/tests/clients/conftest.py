"""Clients as their users install them, pointed at the server by names they know themselves.

libpq's clients take the address from PGHOSTADDR and PGPORT, so the host stays the cluster's own and
verify-full holds. asyncpg has no such name: its event loop resolves the host, as a hosts file would.
"""

import pytest


@pytest.fixture
def asyncpg_parameters(dsql_cluster):
    """What asyncpg needs beside the password."""
    return {
        "host": dsql_cluster.endpoint,
        "port": dsql_cluster.server.port,
        "user": "admin",
        "database": "postgres",
    }
