"""PostgreSQL's errors where Aurora DSQL meets the same bound or conflict with another text.

Law: the row of the table that fits gives the code and the message; of the rest only the severity
is kept. An error that fits none passes as it is.
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-concurrency-control.html
"""

from dataclasses import dataclass
from typing import Final

from dsql_local.faults import OC000, OC001, Lose
from dsql_local.wire import messages
from dsql_local.wire.frames import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """What PostgreSQL says, from its first word, and what is said instead."""

    said: str
    sqlstate: str
    message: str


def _lost(said: str, how: Lose) -> Rewording:
    return Rewording(said=said, sqlstate=how.sqlstate, message=how.message)


REWORDINGS: Final = (
    Rewording(said="index row size ", sqlstate="54000", message="key size too large"),
    Rewording(said="index row requires ", sqlstate="54000", message="key size too large"),
    Rewording(
        said="temporary file size exceeds temp_file_limit ",
        sqlstate="54000",
        message="query requires more than allowed temp space of 131072 KB to execute",
    ),
    # Rows, and what else is locked in turns.
    _lost("could not serialize access due to ", OC000),
    _lost("deadlock detected", OC000),
    # Rows of the catalogue, which a GRANT or a COMMENT changes without a lock.
    _lost("tuple concurrently ", OC001),
)


def reworded(error: Frame) -> bytes:
    """Encode an error as Aurora DSQL says it."""
    fields = messages.fields_of(error.body)
    said = fields.get("M", "")
    for row in REWORDINGS:
        if said.startswith(row.said):
            kept = {name: fields[name] for name in "SV" if name in fields}
            return messages.fields_message(b"E", kept | {"C": row.sqlstate, "M": row.message})
    return error.raw
