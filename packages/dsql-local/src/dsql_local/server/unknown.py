"""Statements that went to PostgreSQL and that no rule knows.

Law: counts all, remembers a bounded number of texts; each is logged once, if that is wanted.
"""

import logging
from typing import Final

log = logging.getLogger(__name__)

REMEMBERED: Final = 1000
# Of a long text the beginning tells what it is.
SHOWN: Final = 200


class UnknownStatements:
    """The gaps of the rules, as they show."""

    def __init__(self, *, logged: bool) -> None:
        self.count = 0
        self._logged = logged
        self._seen: set[bytes] = set()

    def note(self, sql: bytes) -> None:
        """Count one, and log it when it is new."""
        self.count += 1
        text = sql.strip()
        if not self._logged or text in self._seen or len(self._seen) >= REMEMBERED:
            return
        self._seen.add(text)
        shown = text[:SHOWN].decode(errors="replace")
        log.warning("no rule knows this statement, PostgreSQL answers it: %s", shown)
