"""What the name of a change set tells.

Law: CloudFormation keeps the change set that a stack was changed by last, so what has to be known of
a deployment afterwards is in its change sets' names: who made it and when, which deployment it belongs
to, and from which template to which it took the stack. Pure; names go both ways.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from vela.ops.plan.difference import mangled

#: In the place of a digest: there was no template.
NOTHING = "nothing"

_DIGITS, _VERSION_DIGITS = 12, 8
#: A name has 128 characters at most; the rest of it takes up to 90.
_LONGEST_WHO = 36
_TIME = "%Y%m%dt%H%M%Sz"
_OURS = re.compile(r"vela-(?P<who>.+?)-(?P<when>\d{8}t\d{6}z)(?:-(?P<what>.+))?")
_WHAT = re.compile(
    r"(?:deploys-(?P<version>[0-9a-f]+)|undoes)-(?P<deployment>\d{8}t\d{6}z)"
    r"-from-(?P<before>[0-9a-z]+)-to-(?P<after>[0-9a-z]+)"
)


class Kind(StrEnum):
    """What a change set does: a deployment's work, or a rollback's."""

    DEPLOYS = "deploys"
    UNDOES = "undoes"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A change set of ours.

    Attributes:
        who: A person at a machine.
        when: When that command began.
        kind: Whether it belongs to a deployment or takes one back.
        deployment: When the deployment began that it belongs to, or that it takes back.
        before: The digest of the template the stack had before that deployment or rollback.
        after: The digest of the template it brings.
        version: The digest of all the templates the deployment is to bring; nothing for a rollback.

    """

    who: str
    when: datetime
    kind: Kind
    deployment: datetime
    before: str
    after: str
    version: str = ""

    @property
    def name(self) -> str:
        """A letter first, then letters, digits and hyphens, 128 at most."""
        version = f"-{self.version}" if self.version else ""
        what = f"{self.kind}{version}-{_written(self.deployment)}"
        return f"vela-{self.who}-{_written(self.when)}-{what}-from-{self.before}-to-{self.after}"

    @property
    def ends(self) -> tuple[str, str]:
        """The digests that the deployment leads to, and that taking it back leads to."""
        match self.kind:
            case Kind.DEPLOYS:
                return self.after, self.before
            case Kind.UNDOES:
                return self.before, self.after


def read(name: str) -> ChangeSet | None:
    """Read a change set's name or ARN; None when it is not one of ours."""
    made = _OURS.fullmatch(_bare(name))
    what = _WHAT.fullmatch(made["what"] or "") if made else None
    if made is None or what is None:
        return None
    return ChangeSet(
        who=made["who"],
        when=_time(made["when"]),
        kind=Kind.DEPLOYS if what["version"] else Kind.UNDOES,
        deployment=_time(what["deployment"]),
        before=what["before"],
        after=what["after"],
        version=what["version"] or "",
    )


def told_by(name: str) -> str | None:
    """Read who and since when out of a change set's name or ARN; None when it is not one of ours."""
    if (made := _OURS.fullmatch(_bare(name))) is None:
        return None
    return f"by {made['who']} since {_time(made['when']):%Y-%m-%d %H:%M:%S} UTC"


def whom(user: str, machine: str) -> str:
    """Name a person at a machine in the letters a change set's name may have."""
    letters = re.sub(r"[^a-z0-9]+", "-", f"{user}-{machine}".lower())
    return letters.strip("-")[:_LONGEST_WHO].strip("-") or "someone"


def digest(template: Mapping[str, Any] | None) -> str:
    """Tell a template by its content, however it is written down."""
    return _digest(template)[:_DIGITS] if template else NOTHING


def version(templates: Mapping[str, Mapping[str, Any]]) -> str:
    """Tell what a deployment is to bring by its templates."""
    return _digest(templates)[:_VERSION_DIGITS]


def _digest(value: Mapping[str, Any]) -> str:
    text = json.dumps(mangled(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _bare(name: str) -> str:
    return name.partition(":changeSet/")[2].partition("/")[0] or name


def _written(time: datetime) -> str:
    return f"{time.astimezone(UTC):{_TIME}}"


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
