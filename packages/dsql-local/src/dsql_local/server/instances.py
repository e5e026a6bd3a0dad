"""Every cluster's PostgreSQL, started when somebody wants it.

Law: one instance a cluster; whoever asks while it starts waits for the same start. Called from
the event loop's thread only, which is the one whose end the instances' death signal tells.
"""

import asyncio
import shutil
from pathlib import Path

from dsql_local.dialect.limits import Limits
from dsql_local.jobs.foreman import Foreman
from dsql_local.postgres.instance import Instance
from dsql_local.postgres.place import Place


class Instances:
    """The PostgreSQL instances of one server."""

    def __init__(self, place: Place, template: Path, *, limits: Limits) -> None:
        self._place = place
        self._template = template
        self._limits = limits
        self.foreman = Foreman()
        self._instances: dict[str, Instance] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    def check(self, identifiers: list[str]) -> None:
        """Refuse to serve when the data of one of these clusters is visibly not whole."""
        for identifier in identifiers:
            self._instance(identifier).check()

    async def socket(self, identifier: str) -> Path:
        """Where the cluster's PostgreSQL accepts connections; start it if need be."""
        instance = self._instance(identifier)
        if not instance.running:
            async with self._turn(identifier):
                if not instance.running:
                    await instance.start()
                    self.foreman.begin(identifier, instance.socket)
        return instance.socket

    async def remove(self, identifier: str) -> None:
        """Stop the cluster's PostgreSQL and delete its data."""
        async with self._turn(identifier):
            instance = self._instance(identifier)
            await self.foreman.end(identifier)
            await instance.stop()
            await asyncio.to_thread(shutil.rmtree, instance.directory, ignore_errors=True)
            shutil.rmtree(instance.socket.parent, ignore_errors=True)
            instance.log.unlink(missing_ok=True)
        del self._instances[identifier]

    async def close(self) -> None:
        """Stop all."""
        await self.foreman.close()
        await asyncio.gather(*(instance.stop() for instance in self._instances.values()))

    def _instance(self, identifier: str) -> Instance:
        if identifier not in self._instances:
            self._instances[identifier] = Instance(
                identifier, place=self._place, template=self._template, limits=self._limits
            )
        return self._instances[identifier]

    def _turn(self, identifier: str) -> asyncio.Lock:
        return self._turns.setdefault(identifier, asyncio.Lock())
