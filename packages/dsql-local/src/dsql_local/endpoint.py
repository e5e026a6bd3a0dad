"""The stand-alone cluster of a running server, as a client sees it.

Law: everything a client or a test needs, computed from the server's ready file; a token is signed
anew each time it is asked for.
"""

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from dsql_local.auth import Credential, sign
from dsql_local.errors import ControlFailed, DriverMissing, NotServing
from dsql_local.ready_file import Running

if TYPE_CHECKING:
    import psycopg

CONTROL_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A cluster, who may connect to it, and the server's control endpoint."""

    server: Running
    endpoint: str
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @classmethod
    def of(cls, server: Running) -> "Endpoint":
        """Take what the ready file says."""
        if not (server.endpoint and server.access_key_id and server.secret_access_key):
            raise NotServing(
                "the server has no stand-alone cluster", fix="Start it without --no-admin-cluster."
            )
        return cls(
            server=server,
            endpoint=server.endpoint,
            access_key_id=server.access_key_id,
            secret_access_key=server.secret_access_key,
        )

    @property
    def identifier(self) -> str:
        """The cluster's identifier."""
        return self.endpoint.partition(".")[0]

    @property
    def principal(self) -> str:
        """The ARN of the IAM user whose key it is: what `AWS IAM GRANT role TO` takes."""
        return f"arn:aws:iam::{self.server.account}:user/dsql-local"

    def token(self, user: str = "admin", expires_s: int = 900) -> str:
        """Sign a token for *user*: the password of a connection."""
        credential = Credential(
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            session_token=None,
            principal="",
            session_arn=None,
            expires_at=None,
        )
        return sign(
            host=self.endpoint,
            user=user,
            region=self.server.region,
            credential=credential,
            now=time.time(),
            expires_s=expires_s,
        )

    def environment(self, user: str = "admin") -> dict[str, str]:
        """What libpq, psycopg and boto3 read; no password, as that is a token."""
        return {
            "PGHOST": self.endpoint,
            "PGHOSTADDR": self.server.host,
            "PGPORT": str(self.server.port),
            "PGUSER": user,
            "PGDATABASE": "postgres",
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": self.server.ca_file,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.server.region,
            "AWS_DEFAULT_REGION": self.server.region,
        }

    def parameters(self, user: str = "admin") -> dict[str, str]:
        """What libpq calls them, with a fresh token as the password."""
        return {
            "host": self.endpoint,
            "hostaddr": self.server.host,
            "port": str(self.server.port),
            "user": user,
            "dbname": "postgres",
            "sslmode": "verify-full",
            "sslrootcert": self.server.ca_file,
            "password": self.token(user),
        }

    @property
    def dsn(self) -> str:
        """A connection string for ``admin``; its token is good for 15 minutes."""
        return " ".join(f"{name}={_quoted(text)}" for name, text in self.parameters().items())

    def connect(
        self, user: str = "admin", *, autocommit: bool = True, **more: Any
    ) -> "psycopg.Connection":
        """Connect by psycopg, which is not installed with dsql-local."""
        try:
            import psycopg  # noqa: PLC0415 - optional
        except ImportError:
            raise DriverMissing(
                "psycopg is not installed",
                fix="Install dsql-local[pytest], or connect another driver with .dsn.",
            ) from None
        return psycopg.connect(**(self.parameters(user) | more), autocommit=autocommit)

    def remember(self) -> None:
        """Take what the cluster holds now as what `restore` goes back to; all sessions end."""
        self.control("PUT", f"/clusters/{self.identifier}/baseline")

    def restore(self) -> Literal["by catalogue", "by copy"]:
        """Go back to what `remember` saw; all sessions end."""
        answer = self.control("POST", f"/clusters/{self.identifier}/baseline")
        way: Literal["by catalogue", "by copy"] = answer["restored"]
        return way

    def control(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Send a request to the server's control endpoint."""
        address = urlsplit(self.server.control_url)
        # Not urllib.request: it would ask a proxy of the environment's for 127.0.0.1.
        connection = HTTPConnection(address.hostname or "", address.port, timeout=CONTROL_TIMEOUT_S)
        headers = {
            "Authorization": f"Bearer {self.server.control_secret}",
            "Content-Type": "application/json",
        }
        with contextlib.closing(connection):
            text = None if body is None else json.dumps(body)
            connection.request(method, path, body=text, headers=headers)
            answer = connection.getresponse()
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise ControlFailed(
                f"{method} {path} was answered {answer.status}: {found.get('message', '')}",
                fix="See the control endpoint's routes in the documentation of dsql-local.",
            )
        return found


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
