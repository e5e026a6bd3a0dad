"""What an HTTP API sends a function and what it takes back (payload format 2.0), as values.

Law: pure; knows the payload's shape and the headers every answer carries, and nothing of routes,
settings or the database.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from vela.errors import RequestError

#: On every answer: state is never stored on the way, and nothing here is a page to be framed or sniffed.
HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}


class Request(NamedTuple):
    """One HTTP request, as far as a route may care."""

    method: str
    path: str
    authorization: str = ""

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Self:
        """Take them out of a payload 2.0 event, where the names of headers are in lower case."""
        try:
            http = event["requestContext"]["http"]
            method, path = str(http["method"]).upper(), str(event["rawPath"])
            authorization = str((event.get("headers") or {}).get("authorization", ""))
        except (KeyError, TypeError, AttributeError) as error:
            raise RequestError(
                "the event is not an HTTP API request (payload format 2.0)",
                "Call the function through its HTTP API, or pass an event of that form",
            ) from error
        return cls(method=method, path=path, authorization=authorization)

    @property
    def bearer(self) -> str | None:
        """The token after ``Authorization: Bearer``, if there is one."""
        scheme, _, token = self.authorization.partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None


class Response(NamedTuple):
    """One HTTP answer; without a body where *body* is None."""

    status: int
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = MappingProxyType({})

    def render(self, *, method: str = "GET") -> dict[str, Any]:
        """Shape it as the HTTP API reads it; HEAD gets what GET would, without the body."""
        headers = {**HEADERS, **self.headers}
        if self.body is None:
            return {"statusCode": self.status, "headers": headers, "body": ""}
        headers["content-type"] = "application/json"
        body = "" if method == "HEAD" else json.dumps(self.body)
        return {"statusCode": self.status, "headers": headers, "body": body}
