"""Gap: who waits for a stack waits too long.

An operation on a stack takes minutes on AWS, and here a second or less; the CDK CLI looks every five
seconds in either case. Here the question after one stack, while an operation of the emulator's own
works on it, is answered when that has ended, or after `PATIENCE_S`: later, but no differently. A list
of all stacks is answered at once, and so is a stack whose status was only put there.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.services.cloudformation import changesets, handlers, stacks

from .cloud import Cloud
from .replacement import expected, replace

#: Below every client's own patience with one request.
PATIENCE_S = 4.0


class Operations:
    """What works on which stack, by the stack's id."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Event] = {}

    def noting(self, create_task: Any) -> Any:
        """Wrap the beginning of an operation's task."""

        def noted(
            coro: Coroutine[Any, Any, None],
            stack: dict[str, Any] | None,
            stack_id: str | None = None,
        ) -> None:
            of = stack_id or (stack or {}).get("StackId", "")
            ended = self._running[of] = asyncio.Event()
            create_task(self._until_ended(coro, of, ended), stack, stack_id)

        return noted

    async def _until_ended(
        self, coro: Coroutine[Any, Any, None], of: str, ended: asyncio.Event
    ) -> None:
        try:
            await coro
        finally:
            ended.set()
            if self._running.get(of) is ended:
                del self._running[of]

    def awaiting(self, handler: Any) -> Any:
        """Wrap CloudFormation's handler."""

        async def handle(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Any:
            ended = self._running.get(_asked_after(body)) if self._running else None
            if ended is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), PATIENCE_S)
            return await handler(method, path, headers, body, query)

        return handle


def _asked_after(body: bytes) -> str:
    """Give the id of the one stack that a request wants described; nothing for any other request."""
    if b"Action=DescribeStacks&" not in body + b"&":
        return ""
    (name,) = parse_qs(body.decode(errors="replace")).get("StackName", [""])
    stack = handlers._resolve_stack(name) if name else None
    return str(stack["StackId"]) if stack else ""


def apply(_cloud: Cloud) -> None:
    """Note every operation, and stand before CloudFormation."""
    operations = Operations()
    expected(handlers, "_resolve_stack", "stack_name")
    for module in (stacks, handlers, changesets):
        parameters = ("coro", "stack", "stack_id")
        replace(module, "_create_stack_task_in_region", parameters, operations.noting)
    served = expected(app, "SERVICE_HANDLERS")
    served["cloudformation"] = operations.awaiting(served["cloudformation"])
