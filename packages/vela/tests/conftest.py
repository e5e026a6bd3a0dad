"""Fixtures shared by Vela's tests: a real dsql-local, or a cluster on AWS (``--dsql-endpoint``)."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from vela.dsql import Credentials, DsqlSettings, Pool, credential_chain
from vela.local import LocalCloud, LocalSettings, Running

READY_WITHIN_S = 60.0
PROJECT = Path(__file__).parents[3]
SERVE = ["--port", "0", "--control-port", "0", "--data-dir", "data", "--ready-file", "ready.json"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--dsql-endpoint",
        help="run what can be run against this cluster on AWS, as DSQL_DATABASE_ROLE or admin",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An IAM role that dsql-local knows, and a key of it."""

    arn: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class DsqlLocal:
    """A running stand-in and its control endpoint."""

    ready: dict[str, Any]

    @property
    def address(self) -> tuple[str, int]:
        return self.ready["host"], self.ready["port"]

    @property
    def admin(self) -> Credentials:
        return Credentials(
            access_key_id=self.ready["access_key_id"],
            secret_access_key=self.ready["secret_access_key"],
        )

    def env(self, role: str) -> dict[str, str]:
        """What a function's environment says of the stand-alone cluster."""
        return {
            "DSQL_ENDPOINT": self.ready["endpoint"],
            "DSQL_CLUSTER_ARN": self.ready["cluster_arn"],
            "DSQL_DATABASE_ROLE": role,
            "PGHOSTADDR": self.ready["host"],
            "PGPORT": str(self.ready["port"]),
            "PGSSLROOTCERT": self.ready["ca_file"],
        }

    def settings(self, role: str, **changes: str) -> DsqlSettings:
        return DsqlSettings.from_env({**self.env(role), **changes})

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Make one call to the control endpoint."""
        call = urllib.request.Request(
            f"{self.ready['control_url']}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.ready['control_secret']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(call, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def allow(self, arn: str, *actions: str) -> None:
        """Let a principal do these actions on the cluster, and no other."""
        statement = {"Effect": "Allow", "Action": actions, "Resource": self.ready["cluster_arn"]}
        policies = [{"Version": "2012-10-17", "Statement": [statement]}] if actions else []
        self.control(
            "PUT", f"/principals/{urllib.parse.quote(arn, safe='')}", {"policies": policies}
        )

    def principal(self, name: str, *actions: str) -> Principal:
        """Register an IAM role with a key."""
        arn = f"arn:aws:iam::{self.ready['account']}:role/{name}"
        key = Credentials(
            access_key_id=f"ASIA{name.upper().replace('-', ''):X<16.16}",
            secret_access_key=f"secret-of-{name}",
            session_token=f"session-of-{name}",
        )
        self.allow(arn, *actions)
        self.control(
            "PUT",
            f"/credentials/{key.access_key_id}",
            {
                "secret_access_key": key.secret_access_key,
                "session_token": key.session_token,
                "principal": arn,
                "session_arn": f"arn:aws:sts::{self.ready['account']}:assumed-role/{name}/test",
                "expires_at": None,
            },
        )
        return Principal(arn=arn, credentials=key)

    def pool(self, role: str, credentials: Credentials, **changes: str) -> Pool:
        return Pool(self.settings(role, **changes), credentials=lambda: credentials)

    def as_admin(self, *statements: str) -> None:
        """Run statements as admin, each in a transaction of its own."""
        with self.pool("admin", self.admin) as pool, pool.connection() as conn:
            for statement in statements:
                conn.execute(statement.encode())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of a module that is marked `in_order` in their order; the others are shuffled."""
    places = [n for n, item in enumerate(items) if item.get_closest_marker("in_order")]
    ordered = sorted((items[n] for n in places), key=_written)
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _written(item: pytest.Item) -> tuple[str, int, int]:
    """Where a test is written, and which of its parameters it has."""
    path, line, _name = item.location
    callspec = getattr(item, "callspec", None)
    return path, line or 0, max(callspec.indices.values()) if callspec else 0


@pytest.fixture(scope="session")
def dsql_local(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DsqlLocal]:
    """A dsql-local of its own on free ports, stopped afterwards."""
    if pytestconfig.getoption("--dsql-endpoint"):
        pytest.skip("needs the stand-in's control endpoint")
    place = tmp_path_factory.mktemp("dsql-local")
    program = shutil.which("dsql-local", path=str(Path(sys.executable).parent))
    assert program, "dsql-local is not installed beside this Python"
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "serve", *SERVE],
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield DsqlLocal(_ready(process, place))
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _ready(process: subprocess.Popen[bytes], place: Path) -> dict[str, Any]:
    """Wait for the ready file; say what the process said if it ends first."""
    give_up = time.monotonic() + READY_WITHIN_S
    while not (place / "ready.json").exists():
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            assert time.monotonic() < give_up, f"not ready: {(place / 'log').read_text()}"
        else:
            raise AssertionError(f"dsql-local ended: {(place / 'log').read_text()}")
    found: dict[str, Any] = json.loads((place / "ready.json").read_text())
    return found


@pytest.fixture(scope="session")
def vela_api(dsql_local: DsqlLocal) -> Principal:
    """The API function's IAM role, allowed to connect and mapped to the role ``vela_api``."""
    role = dsql_local.principal("vela-api", "dsql:DbConnect")
    dsql_local.as_admin(
        "CREATE ROLE vela_api WITH LOGIN", f"AWS IAM GRANT vela_api TO '{role.arn}'"
    )
    return role


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster and a role in it that may create tables."""

    settings: DsqlSettings
    credentials: Callable[[], Credentials]


@pytest.fixture(scope="session", params=["vela", "aws"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Whatever cluster the tests run against, through either connector."""
    if endpoint := request.config.getoption("--dsql-endpoint"):
        env = {"DSQL_DATABASE_ROLE": "admin", **os.environ, "DSQL_ENDPOINT": endpoint}
        settings = DsqlSettings.from_env({**env, "DSQL_CONNECTOR": request.param})
        return Cluster(settings=settings, credentials=credential_chain())
    local: DsqlLocal = request.getfixturevalue("dsql_local")
    settings = local.settings("admin", DSQL_CONNECTOR=request.param)
    return Cluster(settings=settings, credentials=lambda: local.admin)


@dataclass(frozen=True, slots=True)
class LocalHome:
    """A home of a local cloud of its own; the emulator is installed once for the checkout."""

    path: Path

    @property
    def settings(self) -> LocalSettings:
        uv = PROJECT / ".vela/tools/uv/bin/uv"
        settings = LocalSettings.of(PROJECT, home=self.path, port=0, dsql_port=0)
        return replace(settings, uv=uv) if uv.exists() else settings

    @property
    def cloud(self) -> LocalCloud:
        return LocalCloud(self.settings)


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], LocalHome]:
    """Make homes that have no local cloud yet."""
    return lambda: LocalHome(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def shared_home(new_home: Callable[[], LocalHome]) -> LocalHome:
    """The home of `local_cloud`."""
    return new_home()


@pytest.fixture(scope="session")
def local_cloud(shared_home: LocalHome) -> Iterator[Running]:
    """A whole local cloud on free ports, purged afterwards."""
    cloud = shared_home.cloud
    try:
        yield cloud.start(lambda _news: None)
    finally:
        cloud.purge()
