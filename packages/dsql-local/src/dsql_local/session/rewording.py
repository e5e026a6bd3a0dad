"""PostgreSQL's errors where Aurora DSQL meets the same bound with another text.

Law: the row of the table that fits gives the code and the message; of the rest only the severity
is kept. An error that fits none passes as it is.
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
"""

from dataclasses import dataclass
from typing import Final

from dsql_local.wire import messages
from dsql_local.wire.frames import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """What PostgreSQL says, from its first word, and what is said instead."""

    said: str
    sqlstate: str
    message: str


REWORDINGS: Final = (
    Rewording(said="index row size ", sqlstate="54000", message="key size too large"),
    Rewording(said="index row requires ", sqlstate="54000", message="key size too large"),
    Rewording(
        said="temporary file size exceeds temp_file_limit ",
        sqlstate="54000",
        message="query requires more than allowed temp space of 131072 KB to execute",
    ),
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
