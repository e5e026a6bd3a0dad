"""What passes between the HTTP shell and the routes.

Law: values and errors only; nothing here knows a socket or the registry. Errors have the shape
the DSQL API gives them, so that an AWS SDK reads them: a JSON body and ``x-amzn-ErrorType``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

JSON_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: *path* and *query* still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; its body is always JSON."""

    status: int = 200
    content: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The content as it goes over the wire."""
        return json.dumps(self.content).encode()


class ApiError(Exception):
    """The request fails with this status and, for an SDK, this exception type."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(status, kind, message)
        self.status = status
        self.kind = kind
        self.content = {"message": message, **more}
        self.headers: dict[str, str] = {}

    def with_header(self, name: str, value: str) -> "ApiError":
        """Let the answer carry one more header."""
        self.headers[name] = value
        return self

    @property
    def response(self) -> Response:
        """The error as an answer."""
        headers = {"x-amzn-ErrorType": self.kind, **self.headers}
        return Response(status=self.status, content=self.content, headers=headers)


def invalid(message: str, *, reason: str = "fieldValidationFailed", **more: Any) -> ApiError:
    """Make the error of a request that is understood but not right."""
    return ApiError(400, "ValidationException", message, reason=reason, **more)


def invalid_field(name: str, message: str) -> ApiError:
    """Make the error of one field that is not right."""
    fields = [{"name": name, "message": message}]
    return invalid(f"{name}: {message}", fieldList=fields)
