"""PostgreSQL's errors where Aurora DSQL says the same with another text.

Law: the row of the table that fits gives the code and the message; of the rest only the severity
is kept. An error that fits none stays as it is.
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-concurrency-control.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dsql_local.dialect.functions import REFUSED
from dsql_local.faults import OC000, OC001, Lose

SEVERITY: Final = "SV"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """What PostgreSQL says, and what is said instead; a group of the one is a value of the other."""

    said: re.Pattern[str]
    sqlstate: str
    message: str


def _lost(said: str, how: Lose) -> Rewording:
    return Rewording(said=re.compile(said), sqlstate=how.sqlstate, message=how.message)


REWORDINGS: Final = (
    Rewording(
        said=re.compile("index row (?:size|requires) .*"),
        sqlstate="54000",
        message="key size too large",
    ),
    Rewording(
        said=re.compile("temporary file size exceeds temp_file_limit .*"),
        sqlstate="54000",
        message="query requires more than allowed temp space of 131072 KB to execute",
    ),
    Rewording(
        said=re.compile(f"permission denied for function (?P<name>{REFUSED})"),
        sqlstate="0A000",
        message="function {name} not supported",
    ),
    # A constant without a type, of which there is only the one the procedure takes.
    Rewording(
        said=re.compile(r"sys\.wait_for_job\(unknown\) is a procedure"),
        sqlstate="42809",
        message="sys.wait_for_job(text) is a procedure",
    ),
    # Rows, and what else is locked in turns.
    _lost("could not serialize access due to .*", OC000),
    _lost("deadlock detected", OC000),
    # Rows of the catalogue, which a GRANT or a COMMENT changes without a lock.
    _lost("tuple concurrently .*", OC001),
)


def reworded(fields: Mapping[str, str]) -> Mapping[str, str]:
    """The fields of an error as Aurora DSQL has them."""
    for row in REWORDINGS:
        if found := row.said.fullmatch(fields.get("M", "")):
            kept = {name: fields[name] for name in SEVERITY if name in fields}
            return kept | {"C": row.sqlstate, "M": row.message.format_map(found.groupdict())}
    return fields
