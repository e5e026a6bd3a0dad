"""What the routes work on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dsql_local.server.baselines import Baselines
from dsql_local.server.registry import Registry
from dsql_local.server.runtime import Runtimes
from dsql_local.server.unknown import UnknownStatements


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The clusters and what runs of them, the secret, the clock, and whom to tell of a deletion."""

    registry: Registry
    baselines: Baselines
    runtimes: Runtimes
    secret: str = field(repr=False)
    on_cluster_deleted: Callable[[str], Awaitable[None]]
    now: Callable[[], float]
    unknown: UnknownStatements = field(default_factory=lambda: UnknownStatements(logged=False))
