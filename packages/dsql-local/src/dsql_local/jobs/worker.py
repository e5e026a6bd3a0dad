"""The background work of one cluster.

Law: PostgreSQL keeps the jobs and does the work (see ``postgres/jobs.sql``); this says when. What
an earlier life left unfinished is carried out first. A connection that is lost is made again.
"""

import asyncio
import logging
from pathlib import Path
from typing import Final

from dsql_local.errors import StatementFailed
from dsql_local.jobs.pace import Pace
from dsql_local.postgres.superuser import Superuser

log = logging.getLogger(__name__)

NAME: Final = "dsql_local jobs"
# A table that is being written keeps its index from being built; PostgreSQL does not tell when
# that is over.
BUSY_S: Final = 0.02
RECONNECT_S: Final = 0.1


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
            await _work_off(connection, pace)
            await connection.notified()
    finally:
        connection.close()


async def _work_off(connection: Superuser, pace: Pace) -> None:
    """Carry out what there is, and what comes meanwhile."""
    known: set[str | None] = set()
    while unfinished := [row[0] for row in await connection.run(_UNFINISHED)]:
        if known.issuperset(unfinished):
            await asyncio.sleep(BUSY_S)
        else:
            await pace.ready()
        known.update(unfinished)
        for job in unfinished:
            await _carry_out(connection, job)


async def _carry_out(connection: Superuser, job: str | None) -> None:
    ((outcome,),) = await connection.run(f"SELECT pg_dsql_local.carry_out({job})")
    if outcome is not None:
        await connection.run(f"SELECT pg_dsql_local.tell({job}, '{outcome}')")


# What clients changed meanwhile is no conflict.
_BEGIN: Final = "SET default_transaction_isolation = 'read committed'; LISTEN dsql_local_jobs"
_UNFINISHED: Final = "SELECT pg_dsql_local.unfinished_jobs()"
