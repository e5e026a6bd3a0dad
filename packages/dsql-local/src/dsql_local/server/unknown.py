"""Statements that went to PostgreSQL and that no rule knows.

Law: counts all by what is not known of them, remembers a bounded number of texts; each is logged
once, if that is wanted.
"""

import logging
from collections import Counter
from typing import Final

log = logging.getLogger(__name__)

REMEMBERED: Final = 1000
# Of a long text the beginning tells what it is.
SHOWN: Final = 200
# What is counted together when there is too much to tell apart.
OTHERS: Final = "other"


class UnknownStatements:
    """The gaps of the rules, as they show."""

    def __init__(self, *, logged: bool) -> None:
        self.counts: Counter[str] = Counter()
        self._logged = logged
        self._seen: set[bytes] = set()

    @property
    def count(self) -> int:
        """How many there were."""
        return self.counts.total()

    def note(self, gap: str, sql: bytes) -> None:
        """Count one, and log it when it is new."""
        known = gap in self.counts or len(self.counts) < REMEMBERED
        self.counts[gap if known else OTHERS] += 1
        text = sql.strip()
        if not self._logged or text in self._seen or len(self._seen) >= REMEMBERED:
            return
        self._seen.add(text)
        shown = text[:SHOWN].decode(errors="replace")
        log.warning("no rule knows %s, PostgreSQL answers it: %s", gap, shown)

    def sum_up(self) -> None:
        """Say how many there were, if there were any."""
        if self.counts:
            found = ", ".join(f"{gap} ({count})" for gap, count in self.counts.most_common(10))
            log.warning("statements no rule knows went to PostgreSQL: %s", found)
