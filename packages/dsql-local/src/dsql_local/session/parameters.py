"""Which settings a client may ask for when it connects.

Law: pure; a parameter on the list of those that may be set reaches PostgreSQL, any other is
refused by name.

Evidence: the Aurora DSQL user guide's list of settings, and the refusals recorded in
pgadmin4#9433 (``client_min_messages``) and flyway#4088 (``role``).
"""

import re
from dataclasses import dataclass

from dsql_local.dialect.rules.indexes import MODE_SETTING
from dsql_local.dialect.rules.settings import SETTABLE, SYNC_INDEX
from dsql_local.wire.messages import Problem
from dsql_local.wire.startup import StartupMessage

DATABASE = "postgres"

# Aurora DSQL's own parameter, and the one that keeps its value in PostgreSQL.
RENAMED = {SYNC_INDEX: MODE_SETTING}
# Names with this prefix ask for protocol extensions; the answer lists those not known here.
PROTOCOL_EXTENSION = "_pq_."

# libpq's `options`: words separated by space, a backslash takes the next character as it is.
WORD = re.compile(r"(?:[^\s\\]|\\.)+", re.DOTALL)
ASSIGNMENT = re.compile(r"(?:-c|--)(?P<name>[^=]+)=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A startup message that may go on."""

    user: str
    database: str
    settings: dict[str, str]
    extensions: list[str]

    def backend_parameters(self) -> dict[str, str]:
        """What PostgreSQL is told instead of what the client said."""
        return {"user": self.user, "database": DATABASE, **self.settings}


def read(message: StartupMessage) -> Request | Problem:
    """Judge what the client asks for."""
    given = dict(message.parameters)
    user = given.pop("user", "")
    if not user:
        return Problem(
            sqlstate="28000", message="no PostgreSQL user name specified in startup packet"
        )
    database = given.pop("database", "") or user
    extensions = [name for name in given if name.startswith(PROTOCOL_EXTENSION)]
    for name in extensions:
        del given[name]
    options = _options(given.pop("options", ""))
    settings = options | {name.lower(): value for name, value in given.items()}
    for name in settings:
        if name not in SETTABLE:
            return not_supported(name)
    passed = {RENAMED.get(name, name): value for name, value in settings.items()}
    return Request(user=user, database=database, settings=passed, extensions=extensions)


def not_supported(name: str) -> Problem:
    """Refuse one setting."""
    return Problem(
        sqlstate="0A000", message=f'setting configuration parameter "{name}" not supported'
    )


def _options(text: str) -> dict[str, str]:
    """Read ``-c name=value`` and ``--name=value``; anything else stands for itself."""
    words = [re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL) for word in WORD.findall(text)]
    settings: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            word = f"-c{words.pop(0)}"
        if found := ASSIGNMENT.fullmatch(word):
            settings[found["name"].lower().replace("-", "_")] = found["value"]
        else:
            settings[word] = ""
    return settings
