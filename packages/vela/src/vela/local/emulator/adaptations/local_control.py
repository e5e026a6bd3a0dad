"""The local cloud's own switches: what on AWS only time, strangers or accidents bring about.

Law: served below `PREFIX` on the emulator's port, which listens on loopback, and to nobody without
the secret of this run (``Authorization: Bearer <secret>``; both are in the emulator's ready file).
Requests and answers are JSON. What is set is kept until the local cloud stops, except the status of
a stack and a stranger's bucket, which are resources. The gap that a route belongs to says what it
means; ``docs/reference/local-control.md`` lists them all.
"""

import hmac
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import request_scope

from .cloud import Cloud

PREFIX = "/_vela"
Document = dict[str, Any]
Route = Callable[..., Any]


class NotThere(Exception):
    """A route was asked for something that is not set."""


class LocalControl:
    """The routes that the gaps have registered."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._routes: list[tuple[str, str, re.Pattern[str], Route]] = []
        self.add("GET", "/", self._list)

    def add(self, method: str, path: str, route: Route) -> None:
        """Serve *path*, whose ``{named}`` segments and then the body are *route*'s arguments."""
        pattern = PREFIX + re.sub(r"\{\w+\}", "([^/]+)", path)
        self._routes.append((method, path, re.compile(pattern), route))

    def _list(self) -> Document:
        """List the routes."""
        return {"routes": [f"{method} {path}" for method, path, _pattern, _route in self._routes]}

    def over(self, application: Any) -> Any:
        """Return the application with the routes before it."""

        async def serve(scope: Document, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or not scope["path"].startswith(f"{PREFIX}/"):
                await application(scope, receive, send)
                return
            status, document = self._answer(scope, await _body(receive))
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(document).encode()})

        return serve

    def _answer(self, scope: Document, body: bytes) -> tuple[int, Any]:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, f"Bearer {self._cloud.control_secret}".encode()):
            return 401, {"message": "The secret of this run of the local cloud is missing or wrong"}
        path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii").partition("?")[0]
        for method, _path, pattern, route in self._routes:
            if method == scope["method"] and (match := pattern.fullmatch(path)):
                return self._call(route, map(unquote, match.groups()), body)
        return 404, {"message": f"There is no route {scope['method']} {path}"}

    def _call(self, route: Route, segments: Iterable[str], body: bytes) -> tuple[int, Any]:
        try:
            arguments = [*segments, *([json.loads(body)] if body else [])]
            with request_scope(self._cloud.account, self._cloud.region):
                return 200, route(*arguments)
        except NotThere as missing:
            return 404, {"message": str(missing)}
        except (KeyError, TypeError, ValueError) as wrong:
            return 400, {"message": f"The request does not fit the route: {wrong}"}


async def _body(receive: Any) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
