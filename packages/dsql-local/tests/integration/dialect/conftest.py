"""A PostgreSQL as a cluster has it, without the server in front."""

import asyncio
from contextlib import closing

import psycopg
import pytest

from dsql_local.postgres import place, template
from dsql_local.postgres.instance import Instance


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """The instance's Unix socket directory, for as long as the tests of one file run."""
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


@pytest.fixture
def connection(postgres):
    """A superuser's, with the search path of anybody else."""
    opened = psycopg.connect(
        host=postgres,
        dbname="postgres",
        user="dsql_local",
        options="-c search_path=public",
        autocommit=True,
    )
    with closing(opened):
        yield opened
