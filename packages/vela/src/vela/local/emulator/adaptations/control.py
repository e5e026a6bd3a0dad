"""A client of dsql-local's control endpoint.

Law: this module knows how to reach the endpoint and nothing of what is asked.
"""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit


class ControlRefused(Exception):
    """dsql-local answered a request of ours with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of the control endpoint."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DsqlLocal:
    """Where dsql-local listens and what opens its control endpoint."""

    host: str
    port: int
    ca_file: str
    account: str
    region: str
    control_url: str
    control_secret: str

    @classmethod
    def from_ready_file(cls, path: Path, *, patience_s: float) -> "DsqlLocal":
        """Wait for the file that dsql-local writes once it accepts connections."""
        deadline = time.monotonic() + patience_s
        while not path.exists():
            if time.monotonic() > deadline:
                raise ControlRefused(f"dsql-local did not become ready within {patience_s:.0f} s")
            time.sleep(0.01)
        ready = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: ready[name] for name in cls.__dataclass_fields__})

    def request(self, method: str, path: str, body: bytes = b"") -> Reply:
        """Send one request and return whatever is answered."""
        address = urlsplit(self.control_url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            headers = {
                "Authorization": f"Bearer {self.control_secret}",
                "Content-Type": "application/json",
            }
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return Reply(
                status=answer.status, headers=dict(answer.getheaders()), body=answer.read()
            )
        finally:
            connection.close()

    def call(self, method: str, path: str, document: Any = None) -> Any:
        """Send one request and return its JSON answer; anything but success is an error."""
        body = b"" if document is None else json.dumps(document).encode()
        reply = self.request(method, path, body)
        answer = json.loads(reply.body) if reply.body else {}
        if reply.status >= http.client.BAD_REQUEST:
            raise ControlRefused(answer.get("message") or f"{method} {path}: {reply.status}")
        return answer


def quoted(arn: str) -> str:
    """Quote *arn* as one segment of a path."""
    return quote(arn, safe="")
