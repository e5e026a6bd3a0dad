"""The certificate of the domain.

Law: read once by its ARN; which names it covers is pure.
"""

from dataclasses import dataclass
from datetime import datetime

from vela.ops.account import REGION
from vela.ops.aws import Aws
from vela.ops.facts.unknown import Unknown
from vela.ops.refusals import known, unless


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An ACM certificate.

    Attributes:
        arn: Names its Region and account.
        status: ``ISSUED`` or why not; ``None`` when there is no such certificate.
        names: The names it covers, wildcards as they are written.
        expires: When it ends.
        in_use_by: ARNs of what carries it now.

    """

    arn: str
    status: str | None
    names: tuple[str, ...] = ()
    expires: datetime | None = None
    in_use_by: tuple[str, ...] = ()

    @property
    def region(self) -> str:
        """Its Region, as the ARN says."""
        return (self.arn.split(":") + [""] * 4)[3]

    def covers(self, domain: str) -> bool:
        """Tell whether a browser would take it for *domain*."""
        return any(covers(name, domain) for name in self.names)


def covers(name: str, domain: str) -> bool:
    """Tell whether a certificate's *name* covers *domain*: a ``*`` stands for exactly one label."""
    name, domain = name.lower().rstrip("."), domain.lower().rstrip(".")
    if name.startswith("*."):
        label, _, parent = domain.partition(".")
        return bool(label) and parent == name.removeprefix("*.")
    return name == domain


def gather(aws: Aws, arn: str) -> Certificate | Unknown:
    """Describe the certificate; one of another Region is of no use and is not asked for."""
    found = Certificate(arn=arn, status=None)
    if found.region != REGION:
        return found
    return known("acm:DescribeCertificate", lambda: _described(aws, found))


def _described(aws: Aws, asked: Certificate) -> Certificate:
    found = unless(
        "ResourceNotFoundException",
        lambda: aws.acm.describe_certificate(CertificateArn=asked.arn),
    )
    if found is None:
        return asked
    told = found["Certificate"]
    names = (told["DomainName"], *told.get("SubjectAlternativeNames", ()))
    return Certificate(
        arn=asked.arn,
        status=told["Status"],
        names=tuple(dict.fromkeys(names)),
        expires=told.get("NotAfter"),
        in_use_by=tuple(told.get("InUseBy", ())),
    )
