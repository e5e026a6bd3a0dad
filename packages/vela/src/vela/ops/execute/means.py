"""What the executor works with.

Law: values and boundaries only: AWS, the CDK CLI, DNS, the clock, and whoever shows progress.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from vela.ops.aws import Aws
from vela.ops.cdk import Cdk, Progress
from vela.ops.execute.naming import Naming
from vela.ops.facts.dns import Resolver


class Show(Protocol):
    """Shows what is being done; the command line has one for people."""

    def step(self, doing: str, done: str) -> AbstractContextManager[Progress]:
        """Run a block as one step."""
        ...

    def notice(self, text: str) -> None:
        """Tell what a person has to know or do now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited for what only time or a person brings about, in seconds."""

    stack_s: float = 3600.0
    record_s: float = 1800.0
    #: CloudFront sees a changed record after a minute or so (troubleshooting-distributions).
    alias_s: float = 600.0
    #: Lambda gives its interfaces back within 20 minutes as a rule, and sometimes later.
    interfaces_s: float = 2700.0
    drift_s: float = 300.0
    #: The tagging API still names for some minutes what is gone.
    leftovers_s: float = 300.0
    pause_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Everything a step may touch.

    Args:
        aws: Where API calls go.
        cdk: The CDK CLI pointed at the same account, told what the user told it.
        account: Twelve digits.
        region: The one Region.
        resolving: Makes who answers for names, anew for each look.
        show: Whoever shows progress.
        verify: Proves that the platform works, or raises.
        naming: How change sets are named.
        clock: Seconds, monotonic.
        sleep: Between two looks.
        patience: How long is waited.

    """

    aws: Aws
    cdk: Cdk
    account: str
    region: str
    resolving: Callable[[], Resolver]
    show: Show
    verify: Callable[[], object]
    naming: Naming
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    patience: Patience = field(default_factory=Patience)

    def wait(self, ready: Callable[[], bool], *, at_most_s: float, pause_s: float = 0.0) -> bool:
        """Look until it is so or the time is over; tell which."""
        until = self.clock() + at_most_s
        while not ready():
            if self.clock() >= until:
                return False
            self.sleep(pause_s or self.patience.pause_s)
        return True
