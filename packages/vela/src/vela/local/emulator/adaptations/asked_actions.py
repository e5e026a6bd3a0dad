"""Stands before every service, and knows which IAM action a request asks for.

Law: a judge is given the service, the action and the headers, and gives the answer that refuses the
request, or None; what is refused and in which words is the judge's.
"""

from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions

from .replacement import expected

Judge = Callable[[str, str, dict[str, str]], Any]


def judged_by(judge: Judge, *, when: Callable[[], bool]) -> None:
    """Let *judge* see every request before its service does, while *when* says so."""
    expected(iam_actions, "extract_iam_action")
    expected(app, "_routing_params", "method", "path", "headers", "body", "query_params")
    handlers = expected(app, "SERVICE_HANDLERS")
    for service, handler in handlers.items():
        handlers[service] = _before(service, handler, judge, when)


def _before(service: str, handler: Any, judge: Judge, when: Callable[[], bool]) -> Any:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        if not when():
            return await handler(method, path, headers, body, query)
        params = app._routing_params(method, path, headers, body, query)
        action = iam_actions.extract_iam_action(service, method, path, headers, body, params)
        refusal = judge(service, action or "", headers)
        if refusal is None:
            return await handler(method, path, headers, body, query)
        return refusal

    return handle
