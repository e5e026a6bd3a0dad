"""How fast a cluster's jobs are carried out.

Law: after a moment, unless a test sets another. A job held stays `processing` until it is let go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

# Long beside the time from one statement to the next: a program that does not wait for its index
# finds it invalid every time, as in the service, and not when it is fast.
MOMENT_S: Final = 0.25

Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """A delay before jobs are carried out, and a gate."""

    def __init__(self, *, delay_s: float = MOMENT_S, sleep: Sleep = asyncio.sleep) -> None:
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
