"""Which CloudFront distribution has our name.

Law: one listing of this account's distributions; conflicts elsewhere are asked only once there is a
distribution of ours to ask with.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vela.ops.aws import Aws
from vela.ops.facts.stacks import Stacks
from vela.ops.facts.unknown import Unknown
from vela.ops.refusals import known, unless

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.type_defs import DistributionSummaryTypeDef


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
        distributions: Of this account; not listed without a domain.
        ours: The id of the deployed distribution of ``VelaStack``; None before the first deployment.
        domain: The name asked for; None without one.
        conflicts: Of the name with other distributions of any account; empty when there are none,
            None before it can be asked: it takes a distribution of ours with the very certificate
            that is to serve the name.

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


def our_id(stacks: Stacks | Unknown) -> str | None:
    """Give the id of the distribution that ``VelaStack`` owns."""
    if isinstance(stacks, Unknown) or (stack := stacks.get("VelaStack")) is None:
        return None
    return next(iter(stack.physical("AWS::CloudFront::Distribution")), None)


def gather(
    aws: Aws, domain: str | None, ours: str | None, *, certificate: str | None
) -> Aliases | Unknown:
    """List the distributions, and ask who else has the name as soon as that can be asked.

    Args:
        aws: Where to ask.
        domain: The name that is wanted; None without one.
        ours: The id of the deployed distribution, if there is one.
        certificate: The ARN of the certificate that is wanted for it.

    """
    if domain is None:
        return Aliases(distributions=(), ours=ours, domain=None)
    listed = known("cloudfront:ListDistributions", lambda: _listed(aws))
    if isinstance(listed, Unknown):
        return listed
    found = Aliases(distributions=listed, ours=ours, domain=domain)
    front = found.our_distribution
    if front is None or front.certificate is None or front.certificate != certificate:
        return found
    # InvalidArgument: the distribution's certificate does not cover the name, so it cannot be asked yet.
    asked = known(
        "cloudfront:ListDomainConflicts",
        lambda: unless("InvalidArgument", lambda: _conflicts(aws, domain, front.id)),
    )
    return replace(found, conflicts=asked)


def _listed(aws: Aws) -> tuple[DistributionFact, ...]:
    pages = aws.cloudfront.get_paginator("list_distributions").paginate()
    return tuple(_fact(d) for page in pages for d in page["DistributionList"].get("Items", []))


def _fact(told: "DistributionSummaryTypeDef") -> DistributionFact:
    return DistributionFact(
        id=told["Id"],
        domain_name=told["DomainName"],
        aliases=tuple(told["Aliases"].get("Items", ())),
        status=told["Status"],
        enabled=told["Enabled"],
        certificate=told["ViewerCertificate"].get("ACMCertificateArn"),
    )


def _conflicts(aws: Aws, domain: str, ours: str) -> tuple[Conflict, ...]:
    pages = aws.cloudfront.get_paginator("list_domain_conflicts").paginate(
        Domain=domain, DomainControlValidationResource={"DistributionId": ours}
    )
    return tuple(
        Conflict(domain=c["Domain"], resource=c["ResourceId"], account=c["AccountId"])
        for page in pages
        for c in page["DomainConflicts"]
        if c["ResourceId"] != ours
    )
