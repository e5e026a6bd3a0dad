"""PostgreSQL's answers, as a client of Aurora DSQL gets them.

Law: passes on unread what nobody awaits anything of. An error brought about on purpose becomes
the refusal it stands for; what our own functions raise says nothing of them.
"""

from typing import Final

from dsql_local.dialect.statement import Refusal
from dsql_local.session.awaited import Awaited, Origin
from dsql_local.session.rewording import reworded
from dsql_local.session.translation import Translator
from dsql_local.session.treatment import MARKED, error
from dsql_local.wire import messages
from dsql_local.wire.frames import Frame

# The schema field of errors and notices raised by the functions of postgres/schema.sql.
MARK: Final = b"\0sdsql_local\0"
# The constraint field of the error of a commit that was to lose (postgres/faults.sql).
STRUCK: Final = b"\0ndsql_local_fault\0"
ERROR, NOTICE, READY, COPY_IN, COMPLETE = (ord(each) for each in "ENZGC")
NEVER_AWAITED: Final = frozenset({READY, COPY_IN})
# What is always looked at, and what is too while something is awaited.
QUIET: Final = frozenset(b"ENZG")
ROWS: Final = frozenset(b"D")
WATCHFUL: Final = QUIET | frozenset(b"123CIs")
# What a client may know of a marked error: severity, code, message, detail, hint.
KEPT: Final = "SVCMDH"


class Answers:
    """Turns what PostgreSQL says into what the client hears."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._awaited = translator.awaited
        # Whether the connection ends here.
        self.dropped = False
        # What the end of a query becomes that took too long.
        self.outlived: Refusal | None = None

    def heard(self, frame: Frame) -> bytes:
        """Give what the client gets of this message, if anything."""
        said = self._said(frame)
        if self.outlived is None:
            return said
        if frame.type == READY:
            self.outlived = None
        elif frame.type == COMPLETE and said:
            return error(self.outlived)
        return said

    def _said(self, frame: Frame) -> bytes:
        kind = frame.type
        if kind == ERROR:
            return self._error(frame)
        if kind == NOTICE:
            return self._notice(frame)
        if not self._awaited or kind in NEVER_AWAITED:
            return frame.raw
        head = self._awaited[0]
        if kind in head.ends:
            self._awaited.popleft()
            if head.names:
                self._translator.names.acknowledged(*head.names)
        if head.plain:
            return frame.raw
        return self._changed(frame, head)

    def _changed(self, frame: Frame, head: Awaited) -> bytes:
        self.dropped = head.drops and frame.type == COMPLETE
        if head.hidden or self.dropped:
            return b""
        if head.report:
            return head.report.said(frame)
        if head.tag is not None and frame.type == COMPLETE:
            return messages.command_complete(head.tag)
        return frame.raw

    def _notice(self, frame: Frame) -> bytes:
        if MARK not in frame.raw:
            return frame.raw
        if self._awaited and not self._awaited[0].plain:
            self._awaited[0].tag = messages.fields_of(frame.body)["M"]
        return b""

    def _error(self, frame: Frame) -> bytes:
        head = self._awaited[0] if self._awaited else None
        self._awaited.clear()  # nothing more of this round is answered
        if head and head.refusal and MARKED in frame.raw:
            return error(head.refusal)
        fields = messages.fields_of(frame.body)
        if MARK in frame.raw:
            fields = {code: fields[code] for code in KEPT if code in fields}
            if STRUCK in frame.raw:
                self._translator.judge.struck()
        elif head and head.origin:
            fields = _placed(fields, head.origin)
        return messages.fields_message(b"E", reworded(fields))


def _placed(fields: dict[str, str], origin: Origin) -> dict[str, str]:
    """Count an error's position in the client's text, not in the one that was sent."""
    position = fields.get("P")
    return fields | {"P": str(origin.position(int(position)))} if position else fields
