"""What each command does.

Law: a command takes parsed arguments, prints, and returns its exit code.
"""

import contextlib
import logging
import os
import resource
import shlex
import shutil
import signal
import sys
import time
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from dsql_local import ready_file
from dsql_local.auth import Credential, sign
from dsql_local.errors import NotServing, ProgramMissing
from dsql_local.options import Options
from dsql_local.ready_file import Running


@dataclass(frozen=True, slots=True, kw_only=True)
class StandAlone:
    """The stand-alone cluster of a running server."""

    server: Running
    endpoint: str
    access_key_id: str
    secret_access_key: str

    @classmethod
    def of(cls, arguments: Namespace) -> "StandAlone":
        """Find it through the ready file."""
        server = ready_file.read(arguments.ready_file)
        if not (server.endpoint and server.access_key_id and server.secret_access_key):
            raise NotServing(
                "the server has no stand-alone cluster", fix="Start it without --no-admin-cluster."
            )
        return cls(
            server=server,
            endpoint=server.endpoint,
            access_key_id=server.access_key_id,
            secret_access_key=server.secret_access_key,
        )

    def token(self, user: str, expires_s: int = 900) -> str:
        """Sign a token for *user*."""
        credential = Credential(
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            session_token=None,
            principal="",
            session_arn=None,
            expires_at=None,
        )
        return sign(
            host=self.endpoint,
            user=user,
            region=self.server.region,
            credential=credential,
            now=time.time(),
            expires_s=expires_s,
        )

    def environment(self, user: str = "admin") -> dict[str, str]:
        """What libpq, psycopg and boto3 read."""
        return {
            "PGHOST": self.endpoint,
            "PGHOSTADDR": self.server.host,
            "PGPORT": str(self.server.port),
            "PGUSER": user,
            "PGDATABASE": "postgres",
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": self.server.ca_file,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.server.region,
            "AWS_DEFAULT_REGION": self.server.region,
        }


def serve(arguments: Namespace) -> int:
    """Serve until stopped."""
    # Serving needs much that the other commands do not: they stay quick.
    from dsql_local.server.serve import serve as run  # noqa: PLC0415

    logging.basicConfig(format="dsql-local: %(message)s", level=logging.WARNING)
    _allow_many_sockets()
    options = Options(
        data_dir=arguments.data_dir.absolute(),
        host=arguments.host,
        port=arguments.port,
        control_port=arguments.control_port,
        region=arguments.region,
        account=arguments.account,
        ready_file=arguments.ready_file,
        admin_cluster=arguments.admin_cluster,
    )
    told = run(options, _announce)
    _tell("stopped")
    return 128 + told if told is signal.SIGINT else 0


def _allow_many_sockets() -> None:
    """Raise the limit of open files as far as allowed: a session takes two."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS calls its limit infinite and refuses it
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _announce(server: Running) -> None:
    elsewhere = (Path(server.data_dir) / "postgres").resolve()
    within = elsewhere.is_relative_to(server.data_dir)
    where = server.data_dir if within else f"{server.data_dir} and {elsewhere}"
    _tell(f"ready on {server.host}:{server.port}, data in {where}")
    if server.endpoint:
        _tell(f'cluster {server.endpoint}; try `dsql-local psql` or `eval "$(dsql-local env)"`')


def _tell(line: str) -> None:
    sys.stderr.write(f"dsql-local: {line}\n")
    sys.stderr.flush()


def purge(arguments: Namespace) -> int:
    """Forget a data directory."""
    from dsql_local.postgres import place  # noqa: PLC0415 - as in serve
    from dsql_local.server.data_directory import held  # noqa: PLC0415 - as in serve

    directory = arguments.data_dir.absolute()
    if directory.exists():
        with held(directory):
            place.forget(directory)
            shutil.rmtree(directory)
    return 0


def env(arguments: Namespace) -> int:
    """Print the exports."""
    for name, value in StandAlone.of(arguments).environment().items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0


def token(arguments: Namespace) -> int:
    """Print a token."""
    cluster = StandAlone.of(arguments)
    sys.stdout.write(cluster.token(arguments.user, arguments.expires_in) + "\n")
    return 0


def psql(arguments: Namespace) -> int:
    """Become psql."""
    cluster = StandAlone.of(arguments)
    program = shutil.which("psql")
    if program is None:
        raise ProgramMissing(
            "psql is not installed",
            fix="Install PostgreSQL's client, or use another one with `dsql-local env`.",
        )
    environment = cluster.environment(arguments.user)
    password = {"PGPASSWORD": cluster.token(arguments.user)}
    # psql takes this process over, and with it the terminal and its signals.
    os.execve(program, ["psql", *arguments.rest], os.environ | environment | password)  # noqa: S606 - no shell is wanted


def hosts(arguments: Namespace) -> int:
    """Print the hosts-file line."""
    cluster = StandAlone.of(arguments)
    sys.stdout.write(f"{cluster.server.host} {cluster.endpoint}\n")
    return 0
