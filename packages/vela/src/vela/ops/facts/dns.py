"""Where the domain's DNS leads, and where a name beside it leads (a wildcard record).

Law: the resolver is an argument; an answer is the chain of names and addresses it gave.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from vela.ops.aws import Aws
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.refusals import known

CLOUDFRONT = ".cloudfront.net"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What DNS says of one name.

    Attributes:
        name: That was asked.
        chain: The canonical names met on the way, the last one last.
        addresses: It ends in; none when the name does not exist.
        reverse: Names of those addresses, asked only where no canonical name tells: an apex record
            hides its target, but an edge location's address is named below cloudfront.net.

    """

    name: str
    chain: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether the name has any answer."""
        return bool(self.chain or self.addresses)

    @property
    def distribution(self) -> str | None:
        """The CloudFront name it leads to, if it leads to one."""
        met = (*self.chain, *self.reverse)
        return next((name for name in reversed(met) if name.endswith(CLOUDFRONT)), None)


class Zone(NamedTuple):
    """A Route 53 hosted zone of this account."""

    id: str
    name: str


Zones = tuple[Zone, ...]


class Resolver(Protocol):
    """Answers for a name; raises `OSError` when no name server can be asked."""

    def resolve(self, name: str) -> Answer:
        """Look *name* up now, past any cache of this machine."""
        ...


class LeadsTo(StrEnum):
    """Where a name leads."""

    NOWHERE = "nowhere"
    OURS = "ours"
    OTHER_DISTRIBUTION = "other-distribution"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """The domain's DNS.

    Attributes:
        domain: The name of the website.
        answer: For the name itself.
        sibling: For a name beside it that nobody made: an answer there is a wildcard record's.
        leads_to: Where the name leads.
        distribution: The CloudFront name it leads to, if any.
        zone_id: The Route 53 hosted zone of this account that holds the name; None: DNS is elsewhere.

    """

    domain: str
    answer: Answer
    sibling: Answer
    leads_to: LeadsTo
    distribution: str | None = None
    zone_id: str | None = None

    @property
    def wildcard(self) -> bool:
        """Whether the name's answer is only a wildcard's."""
        return self.sibling.exists and _target(self.sibling) == _target(self.answer)


def _target(answer: Answer) -> tuple[tuple[str, ...], frozenset[str]]:
    # CloudFront rotates a name's addresses, so they count only where no canonical name tells.
    return answer.chain, frozenset() if answer.chain else frozenset(answer.addresses)


def hosted_zones(aws: Aws) -> Zones | Unknown:
    """List the account's public zones."""

    def listed() -> Zones:
        pages = aws.route53.get_paginator("list_hosted_zones").paginate()
        return tuple(
            Zone(zone["Id"].removeprefix("/hostedzone/"), zone["Name"].rstrip("."))
            for page in pages
            for zone in page["HostedZones"]
            if not zone.get("Config", {}).get("PrivateZone", False)
        )

    return known("route53:ListHostedZones", listed)


def gather(
    zones: Zones | Unknown, resolver: Resolver, *, domain: str, ours: str | None, label: str
) -> Dns | Unknown:
    """Look up *domain* and a sibling of it.

    Args:
        zones: The account's.
        resolver: That answers.
        domain: The website's name.
        ours: The CloudFront name of our own distribution, if there is one.
        label: What nobody would call a host.

    """
    try:
        answer = resolver.resolve(domain)
        sibling = resolver.resolve(f"{label}.{domain.partition('.')[2]}")
        front = resolver.resolve(ours) if ours and answer.reverse else None
    except OSError as error:
        return Unknown(reason=str(error), action="a DNS query", cause=Cause.UNREACHABLE)
    return Dns(
        domain=domain,
        answer=answer,
        sibling=sibling,
        leads_to=leads_to(answer, ours, front),
        distribution=answer.distribution,
        zone_id=None if isinstance(zones, Unknown) else zone_of(domain, zones),
    )


def leads_to(answer: Answer, ours: str | None, front: Answer | None = None) -> LeadsTo:
    """Tell where *answer* leads; *front* is the answer for our own distribution's name."""
    if not answer.exists:
        return LeadsTo.NOWHERE
    if (distribution := answer.distribution) is None:
        return LeadsTo.ELSEWHERE
    if distribution == ours:
        return LeadsTo.OURS
    hidden = front is not None and not answer.chain
    if hidden and front and set(front.addresses) & set(answer.addresses):
        return LeadsTo.OURS
    return LeadsTo.OTHER_DISTRIBUTION


def zone_of(domain: str, zones: Zones) -> str | None:
    """Give the id of the zone nearest to *domain*."""
    fitting = (zone for zone in zones if f".{domain}".endswith(f".{zone.name}"))
    nearest = max(fitting, key=lambda zone: len(zone.name), default=None)
    return nearest.id if nearest else None
