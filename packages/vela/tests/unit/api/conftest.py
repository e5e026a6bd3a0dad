"""Events as an HTTP API and CloudFormation send them."""

from collections.abc import Callable
from typing import Any

import pytest

HttpEvent = Callable[..., dict[str, Any]]


@pytest.fixture
def http_event() -> HttpEvent:
    """A payload 2.0 event, with what a route may look at."""

    def make(method: str, path: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return {
            "version": "2.0",
            "routeKey": "ANY /api/{proxy+}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": headers or {},
            "requestContext": {
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1"},
                "requestId": "gateway-1",
                "stage": "$default",
            },
            "isBase64Encoded": False,
        }

    return make
