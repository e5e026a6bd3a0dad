"""CDK's own stack.

Law: pure.
"""

from collections.abc import Iterator

from vela.ops.checks.check import Check, Subject, Told, present
from vela.ops.facts.bootstrap import needed
from vela.ops.facts.facts import Facts
from vela.ops.findings import Severity


def absent(facts: Facts) -> Iterator[Told]:
    """Find an account that CDK was never bootstrapped in."""
    if (found := present(facts.bootstrap)) and found.version is None:
        yield Told(
            f"CDK is not bootstrapped in {facts.region.name}",
            "`vela deploy` does it first; or run `npx cdk bootstrap` yourself",
        )


def too_old(facts: Facts) -> Iterator[Told]:
    """Find a bootstrap stack that lacks what is needed."""
    found, planned = present(facts.bootstrap), present(facts.planned)
    least = needed(planned.bootstrap_needed if planned else 0)
    if found and found.version is not None and found.version < least:
        yield Told(
            f"CDK's bootstrap stack is of version {found.version}; {least} is needed",
            "`vela deploy` updates it first; or run `npx cdk bootstrap` yourself",
        )


CHECKS = (
    Check(
        id="bootstrap-absent",
        subject=Subject.BOOTSTRAP,
        severity=Severity.WARNING,
        when="CDK was never bootstrapped in the account and Region",
        why="The CDK CLI puts assets into its bucket and deploys through its roles",
        find=absent,
    ),
    Check(
        id="bootstrap-too-old",
        subject=Subject.BOOTSTRAP,
        severity=Severity.WARNING,
        when="the bootstrap stack is older than version 30, or than the assembly asks for",
        why="Before version 30 its deploy role may not read why CloudFormation's validation failed",
        find=too_old,
    ),
)
