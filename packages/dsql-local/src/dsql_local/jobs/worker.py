"""The background work of one cluster.

Law: PostgreSQL keeps the jobs and says what each takes (see ``postgres/jobs.sql``); this says when.
What is run in a client's table is run in a session of its own that has no more rights than the
table's owner. What an earlier life left unfinished is carried out first. A connection that is lost
is made again.
"""

import asyncio
import logging
from pathlib import Path
from typing import Final

from dsql_local.dialect.sql import literal
from dsql_local.errors import StatementFailed
from dsql_local.jobs.pace import Pace
from dsql_local.postgres.superuser import Superuser

log = logging.getLogger(__name__)

NAME: Final = "dsql_local jobs"
# Whom PostgreSQL knows it by where a client's code may run.
UNPRIVILEGED: Final = "dsql_local_jobs"
# A table that is being written keeps its index from being built; PostgreSQL does not tell when
# that is over.
BUSY_S: Final = 0.02
RECONNECT_S: Final = 0.1
# serialization_failure, deadlock_detected, lock_not_available: to be tried again.
IN_THE_WAY: Final = frozenset({"40001", "40P01", "55P03"})
UNIQUE_VIOLATION: Final = "23505"
DUPLICATE: Final = "Found duplicate key while validating index for UCVs"


async def work(socket: Path, pace: Pace, *, after_s: float) -> None:
    """Carry out the jobs of the cluster at *socket* until cancelled."""
    await asyncio.sleep(after_s)
    while True:
        try:
            await _attend(socket, pace)
        except (OSError, EOFError):
            pass  # PostgreSQL is gone, or its sessions were ended: it comes back or this ends too
        except StatementFailed as error:
            log.warning("jobs cannot be carried out: %s", error)
        await asyncio.sleep(RECONNECT_S)


async def _attend(socket: Path, pace: Pace) -> None:
    """Carry out jobs as they come until the connection is lost."""
    connection = await Superuser.connect(socket, name=NAME)
    try:
        await connection.run(_BEGIN)
        while True:
            await _work_off(connection, socket, pace)
            await connection.notified()
    finally:
        connection.close()


async def _work_off(connection: Superuser, socket: Path, pace: Pace) -> None:
    """Carry out what there is, and what comes meanwhile."""
    known: set[str | None] = set()
    while unfinished := [row[0] for row in await connection.run(_UNFINISHED)]:
        if known.issuperset(unfinished):
            await asyncio.sleep(BUSY_S)
        else:
            await pace.ready()
        known.update(unfinished)
        for job in unfinished:
            await _carry_out(connection, socket, job)


async def _carry_out(connection: Superuser, socket: Path, job: str | None) -> None:
    """Do one job to its end, unless it has to be tried again or is there no more."""
    for owner, statements in await connection.run(f"SELECT * FROM pg_dsql_local.begin_job({job})"):
        failure: str | None = "it is gone"
        if owner is not None and statements is not None:
            failure = await _failure(socket, owner, statements)
        if failure in IN_THE_WAY:
            return
        said = "NULL" if failure is None else literal(failure)
        ((outcome,),) = await connection.run(f"SELECT pg_dsql_local.end_job({job}, {said})")
        await connection.run(f"SELECT pg_dsql_local.tell({job}, '{outcome}')")


async def _failure(socket: Path, owner: str, statements: str) -> str | None:
    """Run *statements* with the rights of *owner* alone; say why that failed, if it did."""
    # One that ran a client's code is not used again.
    session = await Superuser.connect(socket, user=UNPRIVILEGED, name=NAME)
    try:
        await session.run(
            f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL ROLE {owner};"
            f" SET LOCAL lock_timeout = '50ms'; {statements}; COMMIT"
        )
    except StatementFailed as error:
        if error.sqlstate in IN_THE_WAY:
            return error.sqlstate
        return DUPLICATE if error.sqlstate == UNIQUE_VIOLATION else error.message
    finally:
        session.close()
    return None


# What clients changed meanwhile is no conflict.
_BEGIN: Final = "SET default_transaction_isolation = 'read committed'; LISTEN dsql_local_jobs"
_UNFINISHED: Final = "SELECT pg_dsql_local.unfinished_jobs()"
