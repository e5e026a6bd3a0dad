"""What the routes work on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dsql_local.server.baselines import Baselines
from dsql_local.server.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The registry, the secret, the clock, the baselines, and whom to tell that a cluster is gone."""

    registry: Registry
    baselines: Baselines
    secret: str = field(repr=False)
    on_cluster_deleted: Callable[[str], Awaitable[None]]
    now: Callable[[], float]
