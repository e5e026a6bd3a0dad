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
from argparse import Namespace
from functools import partial
from pathlib import Path

from dsql_local import ready_file
from dsql_local.dialect.limits import Limits
from dsql_local.endpoint import Endpoint
from dsql_local.errors import ProgramMissing
from dsql_local.options import Options, default_data_dir
from dsql_local.ready_file import Running


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
        limits=Limits(**dict(arguments.limits)),
        log_unknown=arguments.log_unknown,
    )
    told = run(options, partial(_announce, ready=_named(options)))
    _tell("stopped")
    return 128 + told if told is signal.SIGINT else 0


def _allow_many_sockets() -> None:
    """Raise the limit of open files as far as allowed: a session takes two."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS calls its limit infinite and refuses it
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _named(options: Options) -> str:
    """How the other commands are told of this server, unless they find it by themselves."""
    if options.told_in.absolute() == default_data_dir().absolute() / ready_file.NAME:
        return ""
    return f" --ready-file {shlex.quote(str(options.told_in.absolute()))}"


def _announce(server: Running, *, ready: str) -> None:
    elsewhere = (Path(server.data_dir) / "postgres").resolve()
    within = elsewhere.is_relative_to(server.data_dir)
    where = server.data_dir if within else f"{server.data_dir} and {elsewhere}"
    _tell(f"ready on {server.host}:{server.port}, data in {where}")
    if server.endpoint:
        _tell(
            f"cluster {server.endpoint}; try `dsql-local psql{ready}`"
            f' or `eval "$(dsql-local env{ready})"`'
        )


def _tell(line: str) -> None:
    sys.stderr.write(f"dsql-local: {line}\n")
    sys.stderr.flush()


def purge(arguments: Namespace) -> int:
    """Forget a data directory."""
    from dsql_local.server.data_directory import forget  # noqa: PLC0415 - as in serve

    directory = arguments.data_dir.absolute()
    if left := forget(directory):
        _tell(f"{directory} stays: dsql-local did not make {', '.join(left)}")
    return 0


def _cluster(arguments: Namespace) -> Endpoint:
    """Find the stand-alone cluster through the ready file."""
    return Endpoint.of(ready_file.read(arguments.ready_file))


def env(arguments: Namespace) -> int:
    """Print the exports."""
    for name, value in _cluster(arguments).environment().items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0


def token(arguments: Namespace) -> int:
    """Print a token."""
    cluster = _cluster(arguments)
    sys.stdout.write(cluster.token(arguments.user, arguments.expires_in) + "\n")
    return 0


def psql(arguments: Namespace) -> int:
    """Become psql."""
    cluster = _cluster(arguments)
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
    cluster = _cluster(arguments)
    sys.stdout.write(f"{cluster.server.host} {cluster.endpoint}\n")
    return 0
