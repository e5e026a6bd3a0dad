"""What IAM would refuse.

Law: pure.
"""

from collections.abc import Iterator

from vela.ops.checks.check import Check, Subject, Told, present
from vela.ops.facts.facts import Facts
from vela.ops.findings import Severity


def unassumable(facts: Facts) -> Iterator[Told]:
    """Find the bootstrap's roles that the caller may not assume."""
    found = present(facts.permissions)
    if found and found.unassumable:
        yield Told(
            f"{facts.identity.arn} may not assume {', '.join(found.unassumable)}",
            "Allow it `sts:AssumeRole` on `arn:aws:iam::*:role/cdk-*`",
        )


def missing(facts: Facts) -> Iterator[Told]:
    """Find actions that IAM refuses."""
    found = present(facts.permissions)
    if found and found.missing:
        yield Told(
            f"IAM would refuse: {', '.join(found.missing)}",
            "Allow them; those of CloudFormation's role by `cdk bootstrap "
            "--cloudformation-execution-policies <policy>`. A policy for named resources only may be "
            "refused here and do",
        )


CHECKS = (
    Check(
        id="roles-not-assumable",
        subject=Subject.PERMISSIONS,
        severity=Severity.BLOCKED,
        when="the caller may not assume the bootstrap's roles",
        why="The CDK CLI uploads and deploys as these roles, never as you",
        find=unassumable,
    ),
    Check(
        id="permissions-missing",
        subject=Subject.PERMISSIONS,
        severity=Severity.WARNING,
        when="IAM's simulation refuses an action the templates' resources take",
        why="The deployment would fail at the first such resource and be rolled back",
        find=missing,
    ),
)
