"""Fixtures for tests of code that talks to Aurora DSQL.

Law: one server a test session (one a worker, with xdist), started when the first test asks; every
test that uses the cluster begins with what `dsql_schema` left, whatever the test before it did.
Nothing is imported or started for tests that ask for none of this.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import psycopg

    from dsql_local.endpoint import Endpoint
    from dsql_local.fault_switch import FaultSwitch


@pytest.fixture(scope="session")
def dsql_server() -> "Iterator[Endpoint]":
    """The server and its cluster; tests use `dsql_cluster`."""
    from dsql_local.run import running  # noqa: PLC0415 - for those who ask

    with running() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def dsql_schema(dsql_server: "Endpoint") -> None:
    """Override this to make what every test begins with: run the migrations, once."""


@pytest.fixture(scope="session")
def dsql_baseline(dsql_server: "Endpoint", dsql_schema: None) -> "Endpoint":  # noqa: ARG001 - asked for, so that it comes first
    """The cluster as every test is to find it."""
    dsql_server.remember()
    return dsql_server


@pytest.fixture
def dsql_cluster(dsql_baseline: "Endpoint") -> "Iterator[Endpoint]":
    """The cluster, as good as new; sessions a test leaves open end with it."""
    yield dsql_baseline
    dsql_baseline.restore()


@pytest.fixture
def dsql(dsql_cluster: "Endpoint") -> "Iterator[psycopg.Connection]":
    """A psycopg connection as ``admin``, in autocommit mode."""
    with dsql_cluster.connect() as connection:
        yield connection


@pytest.fixture
def dsql_environment(dsql_cluster: "Endpoint", monkeypatch: pytest.MonkeyPatch) -> "dict[str, str]":
    """The variables libpq and the AWS SDKs read, set for the length of the test."""
    environment = dsql_cluster.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def dsql_faults(dsql_cluster: "Endpoint") -> "Iterator[FaultSwitch]":
    """What is to go wrong next; disarmed when the test ends."""
    from dsql_local.fault_switch import FaultSwitch  # noqa: PLC0415 - for those who ask

    switch = FaultSwitch(dsql_cluster)
    yield switch
    switch.clear()
