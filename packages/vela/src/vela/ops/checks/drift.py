"""What was changed past CloudFormation.

Law: pure.
"""

from collections.abc import Iterator

from vela.ops.checks.check import Check, Subject, Told, present
from vela.ops.facts.drift import DriftedResource
from vela.ops.facts.facts import Facts
from vela.ops.findings import Severity

SHOWN = 5


def drifted(facts: Facts) -> Iterator[Told]:
    """Find stacks that are not as their templates say."""
    for drift in (present(facts.drift) or {}).values():
        if drift.status == "DRIFTED":
            named = ", ".join(map(_named, drift.resources[:SHOWN])) or "which, it does not say"
            more = len(drift.resources) - SHOWN
            yield Told(
                f"{drift.stack} differs from its template: {named}"
                + (f" and {more} more" if more > 0 else "")
                + (f" (seen {drift.checked:%Y-%m-%d})" if drift.checked else ""),
                "Undo it where it was done, or put it into the code; `vela doctor --drift` looks anew",
            )


def _named(resource: DriftedResource) -> str:
    changed = f" {', '.join(resource.properties[:SHOWN])}" if resource.properties else ""
    return f"{resource.logical_id} {resource.status.lower()}{changed}"


CHECKS = (
    Check(
        id="stack-drifted",
        subject=Subject.DRIFT,
        severity=Severity.WARNING,
        when="CloudFormation last found a stack different from its template",
        why="An update changes only what differs between two templates, so such a change stays, or "
        "makes an update fail",
        find=drifted,
    ),
)
