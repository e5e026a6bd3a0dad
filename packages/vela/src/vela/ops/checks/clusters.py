"""Aurora DSQL clusters: how many, whose, and how protected.

Law: pure.
"""

from collections.abc import Iterator

from vela.ops.checks.check import Check, Subject, Told, present
from vela.ops.facts.clusters import Clusters
from vela.ops.facts.facts import Facts
from vela.ops.findings import Severity


def quota_full(facts: Facts) -> Iterator[Told]:
    """Find no room for the cluster that would be made."""
    quota, clusters = present(facts.quota), _told_apart(facts)
    if quota and clusters and clusters.ours is None and quota.used >= quota.limit:
        known = "the default limit" if quota.assumed else "the account's limit"
        yield Told(
            f"{quota.used} clusters exist, and {known} is {quota.limit}",
            "Delete one that nobody needs, or ask for more: Service Quotas, Amazon Aurora DSQL",
        )


def orphaned(facts: Facts) -> Iterator[Told]:
    """Find a cluster of the platform's that no stack owns."""
    clusters = _told_apart(facts)
    for cluster in clusters.orphans if clusters else ():
        yield Told(
            f"the cluster {cluster.identifier} carries the platform's tag and belongs to no stack of it",
            "The next deployment makes a new, empty cluster. To use this one's data, restore a backup "
            "of it (AWS Backup) or copy them; to be rid of it, delete it: it is billed for its storage",
        )


def lifted(facts: Facts) -> Iterator[Told]:
    """Find a named stage that lifts the cluster's deletion protection."""
    if _lifts(facts) and _stage_said(facts):
        yield Told(
            "the deployed cluster refuses deletion, and what is planned lifts that",
            "If that is not meant, deploy with `--stage production` as before",
        )


def forgotten(facts: Facts) -> Iterator[Told]:
    """Find a stage that nobody named, which would lift the cluster's deletion protection."""
    if _lifts(facts) and not _stage_said(facts):
        yield Told(
            "the deployed cluster refuses deletion, and no stage is named: that would lift it",
            "Add --stage production, as before; or --stage development, if the protection is to go",
        )


def _lifts(facts: Facts) -> bool:
    protection = present(facts.protection)
    return protection is not None and bool(protection.now) and protection.planned is False


def _stage_said(facts: Facts) -> bool:
    planned = present(facts.planned)
    return planned is not None and "stage" in planned.said


def unavailable(facts: Facts) -> Iterator[Told]:
    """Find our cluster in a state that takes no connection."""
    clusters = present(facts.clusters)
    cluster = clusters.our_cluster if clusters else None
    if cluster and cluster.status not in {"ACTIVE", "IDLE", "INACTIVE", "UPDATING"}:
        yield Told(
            f"the cluster {cluster.identifier} is {cluster.status}",
            "Wait while it is being made; a FAILED or DELETED one needs its stack destroyed and "
            "deployed anew",
        )


def missing(facts: Facts) -> Iterator[Told]:
    """Find a stack whose cluster was deleted past it."""
    clusters = present(facts.clusters)
    if clusters and clusters.ours and clusters.our_cluster is None:
        yield Told(
            f"DatabaseStack's cluster {clusters.ours} no longer exists",
            "Somebody deleted it past CloudFormation: restore a backup (AWS Backup), or destroy and "
            "deploy anew with an empty one",
        )


def _told_apart(facts: Facts) -> Clusters | None:
    """Give the clusters if it is known which is ours: without the stacks any may be."""
    return present(facts.clusters) if present(facts.stacks) is not None else None


CHECKS = (
    Check(
        id="cluster-quota-full",
        subject=Subject.CLUSTER,
        severity=Severity.BLOCKED,
        when="the account has as many clusters as it may, and ours is still to be made",
        why="CreateCluster answers ServiceQuotaExceededException, and the deployment is rolled back",
        find=quota_full,
    ),
    Check(
        id="cluster-orphaned",
        subject=Subject.CLUSTER,
        severity=Severity.WARNING,
        when="a cluster with the platform's tag belongs to no stack of it",
        why="Data an earlier deployment retained are in it, and the next deployment does not see them",
        find=orphaned,
    ),
    Check(
        id="cluster-missing",
        subject=Subject.CLUSTER,
        severity=Severity.BLOCKED,
        when="DatabaseStack owns a cluster that does not exist",
        why="CloudFormation believes it is there: no update makes it anew, and the API has no database",
        find=missing,
    ),
    Check(
        id="cluster-unavailable",
        subject=Subject.CLUSTER,
        severity=Severity.WARNING,
        when="our cluster is neither active nor asleep",
        why="It takes no connection, so the deployment cannot make its database role",
        find=unavailable,
    ),
    Check(
        id="protection-lifted",
        subject=Subject.CLUSTER,
        severity=Severity.WARNING,
        when="the named stage lifts the deployed cluster's deletion protection",
        why="After it, destroying the stack destroys the data",
        find=lifted,
    ),
    Check(
        id="protection-forgotten",
        subject=Subject.CLUSTER,
        severity=Severity.BLOCKED,
        when="no stage is named, which would lift the deployed cluster's deletion protection",
        why="After it, destroying the stack destroys the data",
        find=forgotten,
    ),
)
