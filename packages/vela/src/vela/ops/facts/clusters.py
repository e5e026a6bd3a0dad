"""The account's Aurora DSQL clusters: quota, deletion protection, and those no stack owns.

Law: one listing, one description a cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vela.ops.aws import Aws
from vela.ops.facts.stacks import Stacks
from vela.ops.facts.threads import each
from vela.ops.facts.unknown import Unknown
from vela.ops.refusals import known

#: Single-Region clusters an account may have unless it asked for more (Aurora DSQL quotas).
DEFAULT_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFact:
    """A cluster as the service describes it."""

    identifier: str
    arn: str
    status: str
    protected: bool
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def tagged_ours(self) -> bool:
        """Whether it carries the platform's tag."""
        return self.tags.get("Project") == "vela"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """All clusters of the Region.

    Attributes:
        all: Every one.
        ours: The identifier of the one ``DatabaseStack`` owns; None before the first deployment.

    """

    all: tuple[ClusterFact, ...]
    ours: str | None = None

    @property
    def our_cluster(self) -> ClusterFact | None:
        """The cluster of ``DatabaseStack``."""
        return next((c for c in self.all if c.identifier == self.ours), None)

    @property
    def orphans(self) -> tuple[ClusterFact, ...]:
        """Clusters with the platform's tag that its stack does not own."""
        return tuple(c for c in self.all if c.tagged_ours and c.identifier != self.ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many clusters there are and may be.

    Attributes:
        used: Clusters in the Region.
        limit: How many are allowed.
        assumed: Whether the limit is the documented default, since the account's own was not told.

    """

    used: int
    limit: int
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The cluster's deletion protection: as it is, and as the planned template wants it.

    Attributes:
        now: None when no cluster is deployed.
        planned: None when no assembly could be read.

    """

    now: bool | None
    planned: bool | None


def our_identifier(stacks: Stacks | Unknown) -> str | None:
    """Give the identifier of the cluster that ``DatabaseStack`` owns."""
    if isinstance(stacks, Unknown) or (stack := stacks.get("DatabaseStack")) is None:
        return None
    return next(iter(stack.physical("AWS::DSQL::Cluster")), None)


def gather(aws: Aws) -> tuple[ClusterFact, ...] | Unknown:
    """List the clusters and describe each."""
    listed = known("dsql:ListClusters", lambda: _identifiers(aws))
    if isinstance(listed, Unknown):
        return listed
    return known("dsql:GetCluster", lambda: each(lambda id_: _described(aws, id_), listed))


def gather_limit(aws: Aws) -> int | Unknown:
    """Read how many clusters the account may have."""
    return known("servicequotas:ListServiceQuotas", lambda: _limit(aws))


def quota(clusters: Clusters | Unknown, limit: int | Unknown) -> Quota | Unknown:
    """Put what is used beside what is allowed."""
    if isinstance(clusters, Unknown):
        return clusters
    assumed = isinstance(limit, Unknown)
    return Quota(
        used=len(clusters.all),
        limit=DEFAULT_LIMIT if isinstance(limit, Unknown) else limit,
        assumed=assumed,
    )


def _identifiers(aws: Aws) -> list[str]:
    pages = aws.dsql.get_paginator("list_clusters").paginate()
    return [cluster["identifier"] for page in pages for cluster in page["clusters"]]


def _described(aws: Aws, identifier: str) -> ClusterFact:
    told = aws.dsql.get_cluster(identifier=identifier)
    return ClusterFact(
        identifier=identifier,
        arn=told["arn"],
        status=told["status"],
        protected=told["deletionProtectionEnabled"],
        tags=told.get("tags", {}),
    )


def _limit(aws: Aws) -> int:
    pages = aws.quotas.get_paginator("list_service_quotas").paginate(ServiceCode="dsql")
    return next(
        (int(q["Value"]) for page in pages for q in page.get("Quotas", ()) if _counts_clusters(q)),
        DEFAULT_LIMIT,
    )


def _counts_clusters(told: Any) -> bool:
    name = str(told.get("QuotaName", "")).lower()
    return "cluster" in name and "multi" not in name and "connection" not in name
