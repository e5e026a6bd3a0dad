"""The estimate of cost at the end of `EXPLAIN (ANALYZE, VERBOSE)`.

Law: lines are added, PostgreSQL's own pass as they come. The figures have the service's form and
its least charges, not its prices: time is this machine's, and what storage does is not known here.
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/understanding-dpus-explain-analyze.html
"""

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from dsql_local.wire import messages
from dsql_local.wire.frames import Frame

ROW, COMPLETE = ord("D"), ord("C")
TIME: Final = re.compile(r"(?:Planning|Execution) Time: ([0-9.]+) ms")
FIRST_TIME: Final = "Planning Time:"
SCAN: Final = re.compile(r"\bScan\b.* on ")
# The service's own example shows 16 ms of work as 0.016 DPU.
DPU_PER_MS: Final = 0.001
LEAST_READ: Final = 0.00375
LEAST_WRITE: Final = 0.05


class CostReport:
    """Follows the lines of one plan."""

    def __init__(self, *, writes: bool) -> None:
        self._writes = writes
        self._reads = False
        self._compute = 0.0
        self._plan = sha256()
        self._identified = False

    def said(self, frame: Frame) -> bytes:
        """Give what the client gets of this message."""
        if frame.type == COMPLETE:
            lines = [*self._identifier(), *self._estimate()]
            return b"".join(map(messages.text_row, lines)) + frame.raw
        if frame.type != ROW:
            return frame.raw
        line = messages.first_column_of(frame.body).decode(errors="replace")
        return b"".join(map(messages.text_row, self._before(line))) + frame.raw

    def _before(self, line: str) -> Iterator[str]:
        if line.startswith(FIRST_TIME):
            yield from self._identifier()
        if time := TIME.match(line):
            self._compute += float(time[1]) * DPU_PER_MS
        elif not self._identified:
            # Equal for equal plans, whatever the numbers in them.
            self._plan.update(re.sub(r"[0-9.]+", "", line).encode())
            self._reads = self._reads or SCAN.search(line) is not None

    def _identifier(self) -> Iterator[str]:
        if not self._identified:
            self._identified = True
            digest = base64.b32encode(self._plan.digest()).decode().lower()
            yield f"Query Identifier: {digest[:13]}"

    def _estimate(self) -> Iterator[str]:
        read = LEAST_READ if self._reads else 0.0
        write = LEAST_WRITE if self._writes else 0.0
        yield "Statement DPU Estimate:"
        yield f"  Compute: {self._compute:.5f} DPU"
        yield f"  Read: {_with_least(read)}"
        yield f"  Write: {_with_least(write)}"
        yield f"  Total: {self._compute + read + write:.5f} DPU"


def _with_least(dpu: float) -> str:
    return f"{dpu:.5f} DPU (Transaction minimum: {dpu:.5f})" if dpu else f"{dpu:.5f} DPU"
