"""An error as the plain fields of a log line.

Law: code, what and fix are made for readers; nothing else of an error is written, for the rest may quote
what was sent.
"""

from vela.errors import VelaError


def sqlstate_of(error: VelaError) -> str | None:
    """The SQLSTATE the database gave, where libpq kept it."""
    found = getattr(error.__cause__, "sqlstate", None)
    return found if isinstance(found, str) else None


def as_fields(error: VelaError) -> dict[str, str | None]:
    """Say what happened and what to do, as fields of JSON's plain types."""
    return {
        "code": error.code,
        "sqlstate": sqlstate_of(error),
        "text": error.what,
        "fix": error.fix,
    }
