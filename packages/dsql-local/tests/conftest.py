"""A real server on a free port, and real clients for it."""

import asyncio
import contextlib
import itertools
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from dsql_local import ready_file
from dsql_local.auth import Credential, sign
from dsql_local.postgres import place
from dsql_local.ready_file import Running
from dsql_local.wire import startup
from dsql_local.wire.frames import frame
from dsql_local.wire.messages import fields_of

REGION = "us-east-1"
ACCOUNT = "123456789012"
PROGRAM = (sys.executable, "-m", "dsql_local")
# Generous: the machine may be busy. Nothing waits this long but a failure.
PATIENCE_S = 60.0


def until(condition, what, timeout_s=PATIENCE_S):
    """Wait for *condition*; what it returned is returned."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"in {timeout_s} s there was not {what}"
        time.sleep(0.01)
    return found


def allow(*actions, resource="*"):
    """An IAM policy document."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass
class Cluster:
    """A cluster and how to reach it."""

    server: "Server"
    identifier: str
    arn: str
    host: str
    private_host: str

    def token(self, credential, *, user="admin", now=None, **changes):
        asked = {"host": self.host, "region": REGION, "user": user} | changes
        return sign(credential=credential, now=time.time() if now is None else now, **asked)

    def conninfo(self, *, user="admin", **changes):
        """What psycopg needs; the password is the stand-alone key's token unless given."""
        asked = {
            "host": self.host,
            "hostaddr": "127.0.0.1",
            "port": self.server.facts.port,
            "user": user,
            "dbname": "postgres",
            "sslmode": "verify-full",
            "sslrootcert": self.server.facts.ca_file,
            "connect_timeout": 30,
        } | changes
        if "password" not in asked:
            asked["password"] = self.token(self.server.owner, user=user, host=asked["host"])
        return asked

    def connect(self, *, user="admin", autocommit=True, **changes):
        return psycopg.connect(**self.conninfo(user=user, **changes), autocommit=autocommit)

    def grant(self, role, arn, *, create=True):
        with self.connect() as connection:
            if create:
                connection.execute(f"CREATE ROLE {role} WITH LOGIN")
            connection.execute(f"AWS IAM GRANT {role} TO '{arn}'")

    def raw(self, **changes):
        return Wire(self, **changes)


class Wire:
    """A client without a library: TLS and whole messages, so every field can be looked at."""

    def __init__(self, cluster, *, server_name="", direct=False, strict=False):
        self.context = ssl.create_default_context(cafile=cluster.server.facts.ca_file)
        if strict:
            self.context.verify_flags |= ssl.VERIFY_X509_STRICT
        self.context.check_hostname = server_name is not None
        if direct:
            self.context.set_alpn_protocols(["postgresql"])
        plain = socket.create_connection(("127.0.0.1", cluster.server.facts.port), PATIENCE_S)
        if not direct:
            plain.sendall(struct.pack(">II", 8, startup.SSL))
            assert plain.recv(1) == b"S"
        name = cluster.host if server_name == "" else server_name
        self.socket = self.context.wrap_socket(plain, server_hostname=name)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def start(self, password=None, **parameters):
        self.send(startup.encode({"user": "admin", "database": "postgres"} | parameters))
        if password is not None:
            self.send(frame(b"p", password.encode() + b"\0"))

    def receive(self):
        """One message: its type and body; None at the end."""
        head = self._exactly(5)
        if head is None:
            return None
        return chr(head[0]), self._exactly(int.from_bytes(head[1:], "big") - 4)

    def messages(self, until_type="Z"):
        """All messages up to one of this type, or to the end."""
        found = []
        while (message := self.receive()) is not None:
            found.append(message)
            if message[0] == until_type:
                break
        return found

    def error(self):
        """The first error's fields."""
        errors = [body for kind, body in self.messages("E") if kind == "E"]
        assert errors, "the connection ended without an error"
        return fields_of(errors[0])

    def _exactly(self, count):
        while len(self.buffer) < count:
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLEOFError):
                more = b""
            if not more:
                return None
            self.buffer += more
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found


class Server:
    """A running `dsql-local serve`."""

    def __init__(self, process, data_dir, output):
        self.process = process
        self.data_dir = data_dir
        self.output = output
        ready = data_dir / ready_file.NAME

        def told():
            assert process.poll() is None, f"it ended: {self.said()}"
            return ready.exists() and json.loads(ready.read_text())["pid"] == process.pid

        until(told, "a ready file")
        self.facts: Running = ready_file.read(ready)
        self.owner = Credential(
            access_key_id=self.facts.access_key_id or "",
            secret_access_key=self.facts.secret_access_key or "",
            session_token=None,
            principal=f"arn:aws:iam::{ACCOUNT}:user/dsql-local",
            session_arn=None,
            expires_at=None,
        )

    def said(self):
        return self.output.read_text()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def control(self, method, path, body=None):
        request = urllib.request.Request(
            self.facts.control_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.facts.control_secret}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return json.loads(response.read() or b"null")

    @property
    def cluster(self):
        """The stand-alone cluster."""
        assert self.facts.cluster_arn
        return self._cluster(self.facts.cluster_arn.rpartition("/")[2])

    def create_cluster(self):
        made = self.control("POST", "/cluster", {"deletionProtectionEnabled": False})
        return self._cluster(made["identifier"])

    def delete_cluster(self, cluster):
        self.control("DELETE", f"/cluster/{cluster.identifier}")

    def _cluster(self, identifier):
        private = self.control("GET", f"/clusters/{identifier}/vpc-endpoint-service-name")
        return Cluster(
            server=self,
            identifier=identifier,
            arn=f"arn:aws:dsql:{REGION}:{ACCOUNT}:cluster/{identifier}",
            host=f"{identifier}.dsql.{REGION}.on.aws",
            private_host=private["clusterVpcEndpoint"],
        )

    def identity(self, name, *policies, session_token=None, expires_at=None):
        """Register a role with these policies, and a key of a session of it."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        credential = Credential(
            access_key_id=f"ASIA{secrets.token_hex(8).upper()}",
            secret_access_key=secrets.token_hex(20),
            session_token=session_token,
            principal=arn,
            session_arn=None,
            expires_at=expires_at,
        )
        self.control("PUT", f"/principals/{quote(arn, safe='')}", {"policies": list(policies)})
        self.control(
            "PUT",
            f"/credentials/{credential.access_key_id}",
            {
                "secret_access_key": credential.secret_access_key,
                "session_token": session_token,
                "principal": arn,
                "expires_at": expires_at,
            },
        )
        return credential


@contextlib.contextmanager
def kept_directory():
    """A data directory PostgreSQL's account can reach, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="dsql-local-test-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        place.forget(path)
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def serving(data_dir, *options, wrap=(), env=None):
    """A server on *data_dir*, stopped in the end."""
    output = data_dir / "output.txt"
    with output.open("ab") as log:
        process = subprocess.Popen(
            [*wrap, *PROGRAM, "serve", "--data-dir", data_dir, "--port", "0", *options],
            stdout=log,
            stderr=log,
            env=os.environ | (env or {}),
        )
        try:
            yield Server(process, data_dir, output)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with kept_directory() as directory, serving(directory) as started:
        yield started


@pytest.fixture
def cluster(server):
    """A cluster of one test's own."""
    made = server.create_cluster()
    try:
        yield made
    finally:
        server.delete_cluster(made)


@pytest.fixture
def data_dir():
    with kept_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def serve():
    """Start a server: ``with serve(data_dir, *options) as server``."""
    return serving


@pytest.fixture(scope="session")
def eventually():
    """Wait for a condition: ``eventually(condition, "what it is")``."""
    return until


@pytest.fixture(scope="session")
def policy():
    """Make an IAM policy that allows these actions."""
    return allow


@pytest.fixture
def resolving_loop():
    """Run a coroutine where cluster hosts resolve to the server, as a hosts file would do it."""

    class Loop(asyncio.SelectorEventLoop):
        async def getaddrinfo(self, host, port, **more):
            local = "127.0.0.1" if str(host).endswith(".on.aws") else host
            return await super().getaddrinfo(local, port, **more)

    def run(coroutine):
        with asyncio.Runner(loop_factory=Loop) as runner:
            return runner.run(coroutine)

    return run


@pytest.fixture
def role_name():
    return f"role_{next(NUMBERS)}_{secrets.token_hex(4)}"


NUMBERS = itertools.count()
