"""How fast a cluster's jobs are carried out.

Law: at once, unless a test wants to see them wait. A job held stays `processing` until it is let go.
"""

import asyncio
from collections.abc import Awaitable, Callable

Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """A delay before jobs are carried out, and a gate."""

    def __init__(self, *, delay_s: float = 0.0, sleep: Sleep = asyncio.sleep) -> None:
        self.delay_s = delay_s
        self._sleep = sleep
        self._gate = asyncio.Event()
        self._gate.set()

    @property
    def held(self) -> bool:
        """Whether jobs wait until they are let go."""
        return not self._gate.is_set()

    def hold(self, *, held: bool) -> None:
        """Keep jobs waiting, or let them go."""
        if held:
            self._gate.clear()
        else:
            self._gate.set()

    async def ready(self) -> None:
        """Wait until jobs that were just found may be carried out."""
        if self.delay_s:
            await self._sleep(self.delay_s)
        await self._gate.wait()
