"""One PostgreSQL server: one cluster's data directory, one Unix socket.

Law: an instance is running or it is not; `start` and `stop` may be called in either state. It
trusts nothing an earlier life left behind: a server still running there is stopped, stale files
are PostgreSQL's to judge.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from dsql_local.dialect.limits import DEFAULT, Limits
from dsql_local.errors import ClusterCorrupt, DiskFull, PostgresFailed
from dsql_local.postgres import account as accounts
from dsql_local.postgres import template as templates
from dsql_local.postgres.place import SOCKET_NAME, Place
from dsql_local.postgres.process import serves, spawn

# How often a starting or stopping server is looked at: a start takes about 40 ms.
POLL_S = 0.004
# Recovery after a kill replays at most max_wal_size; this is generous, not usual.
START_TIMEOUT_S = 60.0
FAST_STOP_TIMEOUT_S = 10.0
# Backends of a killed server notice its death within moments and let go of its memory.
LEFTOVER_TIMEOUT_S = 5.0

# The limits that triggers check (limits.sql).
LIMITS = (
    "transaction_rows",
    "transaction_bytes",
    "transaction_age_s",
    "row_bytes",
    "column_bytes",
    "key_bytes",
    "view_bytes",
)


class Instance:
    """The PostgreSQL server of one cluster."""

    def __init__(
        self, identifier: str, *, place: Place, template: Path, limits: Limits = DEFAULT
    ) -> None:
        self._place = place
        self._template = template
        self._identifier = identifier
        self._limits = limits
        self.directory = place.of_cluster(identifier)
        self.socket = place.sockets / identifier / SOCKET_NAME
        self.log = place.data / f"{identifier}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the server process is there."""
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Refuse a data directory that is visibly not whole, without starting anything."""
        if not self.directory.exists():
            return  # made on first use
        for part in ("PG_VERSION", "global/pg_control", "postgresql.conf", "pg_wal", "base"):
            if not (self.directory / part).exists():
                raise self._corrupt(f"{part} is missing")
        # What a cluster was copied from tells how long the one is and what the other says.
        control, version = "global/pg_control", "PG_VERSION"
        size, expected = (
            (top / control).stat().st_size for top in (self.directory, self._template)
        )
        if size != expected:
            raise self._corrupt(f"{control} has {size} bytes instead of {expected}")
        if (self.directory / version).read_bytes() != (self._template / version).read_bytes():
            raise self._corrupt(f"{version} does not name the version of PostgreSQL that is used")
        if templates.maker_of(self.directory) != templates.maker_of(self._template):
            raise ClusterCorrupt(
                f"the data of cluster {self._identifier} in {self.directory} are those of another"
                " version of dsql-local, which emulates Aurora DSQL by them",
                fix="Serve them with that version; or forget them with `dsql-local purge --data-dir`,"
                " or remove that directory to begin with an empty cluster.",
            )

    async def start(self) -> None:
        """Make the data directory if there is none, and have a server accept connections."""
        self.check()
        if not self.directory.exists():
            await asyncio.to_thread(
                templates.instantiate, self._template, self.directory, self._place
            )
        accounts.give(self.directory, self._place.account)
        await self._stop_leftover()
        self._place.make_socket_directory(self._identifier)
        deadline = time.monotonic() + LEFTOVER_TIMEOUT_S
        while not await self._launch():
            output = self.log.read_text(errors="replace")
            transient = "pre-existing shared memory block" in output
            if not transient or time.monotonic() > deadline:
                raise self._failure(output)
            await asyncio.sleep(POLL_S)

    async def stop(self) -> None:
        """End the server; its clients hear that it was told to."""
        process, self._process = self._process, None
        if process is None:
            return
        # Fast, then immediate, then what cannot be refused.
        for stage in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if process.poll() is not None:
                break
            process.send_signal(stage)
            await _until(lambda: process.poll() is not None, FAST_STOP_TIMEOUT_S)
        process.wait()

    def kill(self) -> None:
        """End the server at once, from wherever this is called."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    async def _launch(self) -> bool:
        """Start the server process; True when it accepts connections, False when it ended."""
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            self._process = spawn(
                self._command(),
                account=self._place.account,
                death_signal=signal.SIGINT,
                output=log,
            )
        try:
            settled = await _until(lambda: self._ready() or not self.running, START_TIMEOUT_S)
        except asyncio.CancelledError:
            self.kill()
            raise
        if not settled:
            self.kill()
            raise PostgresFailed(
                f"PostgreSQL in {self.directory} did not become ready in {START_TIMEOUT_S:.0f} s",
                fix=f"Look at {self.log}.",
            )
        return self.running

    def _command(self) -> list[str]:
        program = self._place.program("postgres")
        settings = [
            f"unix_socket_directories={self.socket.parent}",
            *(f"dsql_local.{name}={getattr(self._limits, name)}" for name in LIMITS),
        ]
        flags = [word for each in settings for word in ("-c", each)]
        return [program, "-D", str(self.directory), *flags]

    def _ready(self) -> bool:
        """Read the last line of postmaster.pid, where the server says how far it has come."""
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        mine = self._process is not None and lines[:1] == [str(self._process.pid)]
        return mine and len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - pidfile.h: LOCK_FILE_LINE_PM_STATUS is 8

    async def _stop_leftover(self) -> None:
        """Stop a server that a killed dsql-local left on this data directory."""
        claim = self.directory / "postmaster.pid"
        try:
            pid = int(claim.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return  # there was none, or PostgreSQL will say what is wrong with it
        with contextlib.suppress(ProcessLookupError):
            for stage in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                if not serves(pid, self.directory):
                    break
                os.kill(pid, stage)
                await _until(lambda: not serves(pid, self.directory), FAST_STOP_TIMEOUT_S)
        # PostgreSQL believes a claim by any process that lives; this id may be another's by now.
        claim.unlink(missing_ok=True)

    def _failure(self, output: str) -> PostgresFailed | DiskFull | ClusterCorrupt:
        found = templates.failure("postgres", output, self.directory)
        if isinstance(found, DiskFull):
            return found
        reason = re.sub(r"^.*?(FATAL|PANIC): +", "", found.what)
        return self._corrupt(reason)

    def _corrupt(self, reason: str) -> ClusterCorrupt:
        return ClusterCorrupt(
            f"the data of cluster {self._identifier} in {self.directory} cannot be used: {reason}",
            fix="Restore that directory from a copy, or remove it to begin with an empty cluster.",
        )


async def _until(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True
