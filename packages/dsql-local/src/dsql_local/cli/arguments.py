"""What can be typed.

Law: `--help` is the reference; defaults are shown where they apply.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

import dsql_local
from dsql_local.auth import WEEK_S
from dsql_local.cli import commands
from dsql_local.dialect.limits import Limits
from dsql_local.options import default_data_dir
from dsql_local.ready_file import NAME

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - what add_subparsers returns has no public name

MAX_PORT = 65_535
LIMITS = [field.name for field in fields(Limits)]


def port(text: str) -> int:
    """Parse a port number."""
    number = int(text)
    if not 0 <= number <= MAX_PORT:
        raise ValueError(text)
    return number


def region(text: str) -> str:
    """Parse the name of a region."""
    if re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", text) is None:
        raise ValueError(text)
    return text


def account(text: str) -> str:
    """Parse an account number."""
    if re.fullmatch(r"[0-9]{12}", text) is None:
        raise ValueError(text)
    return text


def seconds(text: str) -> int:
    """Parse the seconds for which a token is good."""
    number = int(text)
    if not 0 < number <= WEEK_S:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to {WEEK_S} seconds (a week)")
    return number


def limit(text: str) -> tuple[str, int]:
    """Parse one limit."""
    name, _, number = text.partition("=")
    if name not in LIMITS:
        raise argparse.ArgumentTypeError(f"there is no limit {name!r}, only {', '.join(LIMITS)}")
    if not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not {name}=N, N a whole number")
    return name, int(number)


class Version(argparse.Action):
    """Prints the version; it is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **more)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it, and end."""
        sys.stdout.write(f"dsql-local {dsql_local.__version__}\n")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="dsql-local", description="Amazon Aurora DSQL on this machine."
    )
    top.add_argument("--version", action=Version, help="print the version and end")
    subparsers = top.add_subparsers(required=True, metavar="command")
    _add_serve(subparsers)
    env = _add(subparsers, "env", "print shell exports that point libpq and boto3 at it")
    env.set_defaults(command=commands.env)
    token = _add(subparsers, "token", "print a token: the password of a connection")
    token.add_argument("--user", default="admin", help="database role (default: %(default)s)")
    token.add_argument(
        "--expires-in",
        type=seconds,
        default=900,
        metavar="S",
        help="seconds (default: %(default)s)",
    )
    token.set_defaults(command=commands.token)
    psql = _add(subparsers, "psql", "open psql on the stand-alone cluster")
    psql.add_argument(
        "-U",
        "--username",
        "--user",
        dest="user",
        default="admin",
        help="database role (default: %(default)s)",
    )
    psql.epilog = "Any other argument is psql's."
    psql.set_defaults(command=commands.psql)
    hosts = _add(subparsers, "hosts", "print a hosts-file line for clients without hostaddr")
    hosts.set_defaults(command=commands.hosts)
    _add_purge(subparsers)
    return top


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse a command line; what is left over is for psql, or an error."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and options.command is not commands.psql:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    return options


def _add(subparsers: Subparsers, name: str, purpose: str) -> argparse.ArgumentParser:
    command = subparsers.add_parser(name, help=purpose, description=purpose, allow_abbrev=False)
    command.add_argument(
        "--ready-file",
        type=Path,
        default=default_data_dir() / NAME,
        metavar="F",
        help="the server's ready file (default: the one in the default data directory)",
    )
    return command


def _add_purge(subparsers: Subparsers) -> None:
    purpose = "forget a data directory and all that was kept for it elsewhere"
    purge = subparsers.add_parser("purge", help=purpose, description=purpose)
    purge.add_argument("--data-dir", type=Path, required=True, metavar="D")
    purge.set_defaults(command=commands.purge)


def _add_serve(subparsers: Subparsers) -> None:
    serve = subparsers.add_parser(
        "serve", help="serve until stopped", description="Serve until stopped."
    )
    add = serve.add_argument
    add(
        "--data-dir",
        type=Path,
        default=default_data_dir(),
        metavar="D",
        help="(default: %(default)s)",
    )
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=port,
        default=5432,
        metavar="P",
        help="0 takes a free one (default: %(default)s)",
    )
    add("--control-port", type=port, default=0, metavar="P", help="(default: a free one)")
    add("--region", type=region, default="us-east-1", metavar="R", help="(default: %(default)s)")
    add(
        "--account",
        type=account,
        default="123456789012",
        metavar="A",
        help="(default: %(default)s)",
    )
    add("--ready-file", type=Path, metavar="F", help=f"(default: {NAME} in the data directory)")
    add(
        "--no-admin-cluster",
        action="store_false",
        dest="admin_cluster",
        help="serve only clusters made through the control endpoint",
    )
    add(
        "--limit",
        type=limit,
        action="append",
        default=[],
        dest="limits",
        metavar="NAME=N",
        help=f"another limit than the service's, may be repeated: {', '.join(LIMITS)}",
    )
    add(
        "--log-unknown",
        action="store_true",
        help="log each statement that no rule knows, once",
    )
    serve.set_defaults(command=commands.serve)
