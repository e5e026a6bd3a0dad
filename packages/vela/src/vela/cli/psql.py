"""A shell on the local cluster, as its ``admin``.

Law: connects as every client does: a signed token as the password, `verify-full`.
"""

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NoReturn

from vela.dsql.token import Credentials, sign
from vela.errors import ToolMissing
from vela.local import Running
from vela.settings import Endpoint


def become_psql(running: Running, host: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by psql, connected to *host*."""
    program = shutil.which("psql")
    if program is None:
        raise ToolMissing(
            "psql is not on PATH", "Install it (Debian: apt-get install postgresql-client)"
        )
    os.execve(program, ["psql", *arguments], {**os.environ, **environment(running, host)})  # noqa: S606 - no shell is wanted


def environment(running: Running, host: str) -> dict[str, str]:
    """Give libpq's variables for ``admin`` on *host*."""
    credentials = Credentials(
        access_key_id=running.access_key_id, secret_access_key=running.secret_access_key
    )
    token = sign(
        host=host,
        region=Endpoint.parse(host).region,
        user="admin",
        credentials=credentials,
        now=datetime.now(UTC),
    )
    return {
        "PGHOST": host,
        "PGHOSTADDR": "127.0.0.1",
        "PGPORT": str(running.dsql_port),
        "PGUSER": "admin",
        "PGDATABASE": "postgres",
        "PGPASSWORD": token,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(running.ca_file),
    }
