"""One cluster for all tests of statements, each with a connection of its own."""

import asyncio

import pytest

from dsql_local.postgres import place, template
from dsql_local.postgres.instance import Instance


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """The socket directory of a cluster's PostgreSQL, without the server in front."""
    data = tmp_path_factory.mktemp("data")
    where = place.settle(data)
    made = template.prepare(where, template.cache())
    instance = Instance("a" * 26, place=where, template=made)
    asyncio.run(instance.start())
    try:
        yield str(instance.socket.parent)
    finally:
        asyncio.run(instance.stop())
        place.forget(data)


@pytest.fixture(scope="module")
def shared(server):
    """A cluster with a table, for tests that leave it as it was."""
    made = server.create_cluster()
    try:
        with made.connect() as admin:
            admin.execute("CREATE TABLE t (a int PRIMARY KEY, b text)")
            admin.execute("CREATE TABLE other (c int)")
        yield made
    finally:
        server.delete_cluster(made)


@pytest.fixture
def connection(shared):
    with shared.connect() as opened:
        yield opened


@pytest.fixture
def wire(shared):
    """A session that is ready, spoken to message by message."""
    with shared.raw() as opened:
        opened.start(shared.token(shared.server.owner))
        opened.messages("Z")
        yield opened
