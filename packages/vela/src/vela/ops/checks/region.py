"""The Region.

Law: pure.
"""

from collections.abc import Iterator

from vela.ops.checks.check import Check, Subject, Told
from vela.ops.facts.facts import Facts
from vela.ops.findings import Severity


def without_dsql(facts: Facts) -> Iterator[Told]:
    """Find that Aurora DSQL does not answer in the Region."""
    if facts.region.dsql is False:
        yield Told(
            f"Aurora DSQL has no reachable endpoint in {facts.region.name}",
            "Check that the network, the proxy and DNS let `aws dsql list-clusters` through",
        )


def differs(facts: Facts) -> Iterator[Told]:
    """Find that the user's own Region is another."""
    configured = facts.region.configured
    if configured and configured != facts.region.name:
        yield Told(
            f"your environment says {configured}; Vela is deployed to {facts.region.name}",
            f"Look for it in {facts.region.name}; nothing has to be changed",
        )


CHECKS = (
    Check(
        id="region-without-dsql",
        subject=Subject.REGION,
        severity=Severity.BLOCKED,
        when="Aurora DSQL's endpoint of the Region cannot be reached, though AWS can",
        why="The cluster is the only relational database, and it is made there",
        find=without_dsql,
    ),
    Check(
        id="region-differs",
        subject=Subject.REGION,
        severity=Severity.INFO,
        when="AWS_REGION names another Region than Vela's",
        why="All three stacks are in one Region, that of CloudFront's certificates",
        find=differs,
    ),
)
