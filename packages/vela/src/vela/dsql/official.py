"""The official connector's connection class under this access layer's rules.

Law: imported only where ``connector`` is ``aws``. The connector makes the token (a boto3 session
and client for each connection); deadline, pool and errors stay ours.
https://github.com/awslabs/aurora-dsql-connectors/tree/main/python/connector
"""

import time
from collections.abc import Callable
from typing import Any

from aurora_dsql_psycopg import DSQLConnection
from botocore.credentials import CredentialProvider
from botocore.credentials import Credentials as BotocoreCredentials

from vela.dsql.connection import Connection
from vela.dsql.deadline import Deadline
from vela.dsql.token import Credentials


# The connector has no types. Its `connect` makes the token and calls the next class's: ours.
class OfficialConnection(DSQLConnection, Connection):  # type: ignore[misc]
    """Token by the official connector, everything else as for any connection."""


class Given(CredentialProvider):
    """Hands our credentials to botocore's chain."""

    METHOD = CANONICAL_NAME = "vela"

    def __init__(self, credentials: Callable[[], Credentials]) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> BotocoreCredentials:
        """Answer before the rest of the chain is asked."""
        ours = self._credentials()
        return BotocoreCredentials(ours.access_key_id, ours.secret_access_key, ours.session_token)


def connect(
    params: dict[str, Any], credentials: Callable[[], Credentials], deadline: Deadline
) -> Connection:
    """Open a connection the official way; what the connector took is the token's time."""
    started = time.perf_counter()
    conn: Connection = OfficialConnection.connect(
        **params, custom_credentials_provider=Given(credentials), deadline=deadline
    )
    conn.token_s = time.perf_counter() - started - conn.connect_s
    return conn
