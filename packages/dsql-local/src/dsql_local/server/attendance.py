"""How many may be connected to a cluster, and how fast they may come.

Law: pure; time is an argument. A bucket of tokens refills steadily; each connection takes one.
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
"""

from typing import Final

from dsql_local.dialect.limits import Limits
from dsql_local.session.login import TOO_MANY
from dsql_local.wire.messages import Problem

TOO_FAST: Final = Problem(sqlstate="53400", message="Unable to accept connection, rate exceeded.")


class Attendance:
    """Who is there, by number."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tokens = float(limits.connection_burst)
        self._at = 0.0

    def refused(self, *, present: int, now: float) -> Problem | None:
        """Take a place, or say why there is none while *present* others have one."""
        earned = max(0.0, now - self._at) * self._limits.connections_per_second
        self._tokens = min(self._limits.connection_burst, self._tokens + earned)
        self._at = now
        if self._tokens < 1:
            return TOO_FAST
        self._tokens -= 1
        return TOO_MANY if present >= self._limits.connections else None
