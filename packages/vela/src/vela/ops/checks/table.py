"""All checks.

Law: the table that commands walk and that the reference page is written from.
"""

from collections.abc import Iterable

from vela.ops.checks import (
    bootstrap,
    certificate,
    clusters,
    credentials,
    domain,
    drift,
    machine,
    names,
    permissions,
    region,
    stacks,
    unknown,
)
from vela.ops.checks.check import Check
from vela.ops.facts.facts import Facts
from vela.ops.findings import Finding

CHECKS: tuple[Check, ...] = (
    *machine.CHECKS,
    *credentials.CHECKS,
    *region.CHECKS,
    *bootstrap.CHECKS,
    *stacks.CHECKS,
    *names.CHECKS,
    *certificate.CHECKS,
    *domain.CHECKS,
    *clusters.CHECKS,
    *drift.CHECKS,
    *permissions.CHECKS,
    *unknown.CHECKS,
)


def preflight(facts: Facts, checks: Iterable[Check] = CHECKS) -> tuple[Finding, ...]:
    """Give everything the checks find, the gravest first, else in the table's order."""
    found = [finding for check in checks for finding in check.findings(facts)]
    return tuple(sorted(found, key=lambda finding: -finding.severity))
