"""How a connection is opened: resolve the name, sign a token, connect.

Law: decides where to and with which password; `connection` does it. Each connection gets a
token of its own, and one that is called expired gets one more. A failure leaves classified.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import pq

from vela.dsql.connection import Connection, resolve
from vela.dsql.deadline import Deadline
from vela.dsql.failures import classify
from vela.dsql.token import Credentials, sign
from vela.errors import SettingsError, TokenExpired, Unreachable
from vela.settings import DsqlSettings

# TLS from the first byte saves a round trip; Aurora DSQL takes it from every libpq that can.
# https://github.com/aws-samples/aurora-dsql-samples
LIBPQ_17 = 170000
DIRECT_TLS = {"sslnegotiation": "direct"} if pq.version() >= LIBPQ_17 else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens connections to one cluster as one role."""

    settings: DsqlSettings
    credentials: Callable[[], Credentials]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def open(self, deadline: Deadline) -> Connection:
        """Open a connection before the deadline, or say why not and what cures it."""
        started = time.perf_counter()
        try:
            addresses = self._addresses(deadline)
        except OSError as error:
            raise classify(error, self.settings) from error
        resolved_s = time.perf_counter() - started
        try:
            conn = self._first_answer(addresses, deadline)
        except TokenExpired:  # the process may have slept between signing and connecting
            conn = self._first_answer(addresses, deadline)
        conn.connect_s += resolved_s
        conn.deadline = deadline
        return conn

    def _addresses(self, deadline: Deadline) -> Sequence[str]:
        if self.settings.host_address:
            return [self.settings.host_address]
        return resolve(self.settings.endpoint.host, self.settings.port, deadline)

    def _first_answer(self, addresses: Sequence[str], deadline: Deadline) -> Connection:
        """Try each address for its share of the time; any answer but silence is final."""
        *others, last = addresses
        for tried, address in enumerate(others):
            share = deadline.within(deadline.remaining() / (len(addresses) - tried))
            try:
                return self._connect(address, share)
            except Unreachable:
                continue
        return self._connect(last, deadline)

    def _connect(self, address: str, deadline: Deadline) -> Connection:
        connect = self._official if self.settings.connector == "aws" else self._signed_here
        try:
            return connect(self._params(address), deadline)
        except psycopg.Error as error:
            raise classify(error, self.settings) from error

    def _signed_here(self, params: dict[str, Any], deadline: Deadline) -> Connection:
        started = time.perf_counter()
        token = sign(
            host=self.settings.endpoint.host,
            region=self.settings.region,
            user=self.settings.role,
            credentials=self.credentials(),
            now=self.now(),
        )
        token_s = time.perf_counter() - started
        conn = Connection.connect(**params, password=token, deadline=deadline)
        conn.token_s = token_s
        return conn

    def _official(self, params: dict[str, Any], deadline: Deadline) -> Connection:
        try:
            # The connector imports boto3: only those who choose it pay for that.
            from vela.dsql.official import connect  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"DSQL_CONNECTOR is aws, but the official connector is not installed ({error.name})",
                "install vela[connector], or set DSQL_CONNECTOR to vela",
            ) from error
        return connect(params, self.credentials, deadline)

    def _params(self, address: str) -> dict[str, Any]:
        """Everything libpq is told but the password."""
        return {
            "host": self.settings.endpoint.host,
            "hostaddr": address,
            "port": self.settings.port,
            "user": self.settings.role,
            "dbname": self.settings.database,
            "sslmode": "verify-full",
            "sslrootcert": self.settings.root_certificate,
            **DIRECT_TLS,
            "gssencmode": "disable",
            "application_name": "vela",
            # A peer that vanished (a frozen function, a forgotten NAT entry) is given up by the
            # kernel after these; without them a dead connection looks open for hours.
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
        }
