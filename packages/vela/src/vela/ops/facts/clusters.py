"""The account's Aurora DSQL clusters: quota, deletion protection, and those no stack owns.

Law: one listing, one description a cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
