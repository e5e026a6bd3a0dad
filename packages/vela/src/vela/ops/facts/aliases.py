"""Which CloudFront distribution has our name.

Law: one listing of this account's distributions; conflicts elsewhere are asked only once there is a
distribution of ours to ask with.
"""

from dataclasses import dataclass

from vela.ops.facts.unknown import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionFact:
    """A distribution of this account."""

    id: str
    domain_name: str
    aliases: tuple[str, ...] = ()
    status: str = "Deployed"
    enabled: bool = True
    certificate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Who else has the name, as CloudFront tells it: others' ids and accounts come masked."""

    domain: str
    resource: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aliases:
    """The account's distributions, and who has our name.

    Attributes:
        distributions: Of this account.
        ours: The id of the deployed distribution of ``VelaStack``; None before the first deployment.
        domain: The name asked for; None without one.
        conflicts: Of the name with other distributions of any account; empty when there are none,
            None before it can be asked (it takes a distribution of ours with the certificate).

    """

    distributions: tuple[DistributionFact, ...]
    ours: str | None
    domain: str | None
    conflicts: tuple[Conflict, ...] | Unknown | None = None

    @property
    def our_distribution(self) -> DistributionFact | None:
        """The distribution of ``VelaStack``."""
        return next((d for d in self.distributions if d.id == self.ours), None)

    @property
    def holder(self) -> DistributionFact | None:
        """The distribution of this account that has the name now, ours or not."""
        return next((d for d in self.distributions if self.domain in d.aliases), None)

    @property
    def attached(self) -> bool:
        """Whether our own distribution has the name."""
        ours = self.our_distribution
        return ours is not None and self.domain in ours.aliases
