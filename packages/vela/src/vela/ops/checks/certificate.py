"""The certificate of the domain.

Law: pure.
"""

from collections.abc import Iterator
from datetime import timedelta

from vela.ops.checks.check import Check, Find, Subject, Told, present
from vela.ops.facts.certificate import Certificate
from vela.ops.facts.facts import Facts
from vela.ops.findings import Severity

SOON = timedelta(days=30)
ISSUED = "ISSUED"


def other_region(facts: Facts) -> Iterator[Told]:
    """Find a certificate that CloudFront cannot take."""
    if (found := present(facts.certificate)) and not _here(facts, found):
        yield Told(
            f"the certificate {found.arn} is of {found.region or 'no Region'}",
            f"Request one in {facts.region.name} and give its ARN: `aws acm request-certificate "
            f"--region {facts.region.name} --validation-method DNS --domain-name <name>`",
        )


def absent(facts: Facts) -> Iterator[Told]:
    """Find an ARN that names nothing."""
    if (found := present(facts.certificate)) and _here(facts, found) and found.status is None:
        yield Told(
            f"there is no certificate {found.arn}",
            f"Take the ARN from `aws acm list-certificates --region {facts.region.name}`",
        )


def not_issued(facts: Facts) -> Iterator[Told]:
    """Find a certificate that is not issued yet, or failed."""
    found = present(facts.certificate)
    if found and found.status not in {None, ISSUED, "EXPIRED"}:
        yield Told(
            f"the certificate of {', '.join(found.names)} is {found.status}",
            "Make the CNAME records ACM asks for (`aws acm describe-certificate`), and see that a CAA "
            "record of the domain, if any, admits amazon.com",
        )


def wrong_name(facts: Facts) -> Iterator[Told]:
    """Find a certificate that does not cover the domain."""
    found, domain = present(facts.certificate), _domain(facts)
    if found and domain and found.names and not found.covers(domain):
        yield Told(
            f"the certificate covers {', '.join(found.names)}, not {domain}",
            f"Request one for {domain}; a wildcard stands for exactly one label",
        )


def expired(facts: Facts) -> Iterator[Told]:
    """Find a certificate that has ended."""
    found = present(facts.certificate)
    if found and (found.status == "EXPIRED" or (found.expires and found.expires <= facts.now)):
        yield Told(
            f"the certificate of {', '.join(found.names)} has expired",
            "Request a new one, and keep its CNAME records: ACM then renews it by itself",
        )


def expiring(facts: Facts) -> Iterator[Told]:
    """Find a certificate that ends soon."""
    found = present(facts.certificate)
    if found and found.expires and timedelta() < found.expires - facts.now < SOON:
        yield Told(
            f"the certificate of {', '.join(found.names)} ends on {found.expires:%Y-%m-%d}",
            "See that its CNAME records still exist: ACM renews by them; an imported one is renewed "
            "by importing it anew",
        )


def _here(facts: Facts, found: Certificate) -> bool:
    return found.region == facts.region.name


def _domain(facts: Facts) -> str | None:
    aliases, planned = present(facts.aliases), present(facts.planned)
    return aliases.domain if aliases else planned.domain if planned else None


def _row(id_: str, *, when: str, why: str, find: Find, severity: Severity) -> Check:
    return Check(
        id=id_, subject=Subject.CERTIFICATE, severity=severity, when=when, why=why, find=find
    )


CHECKS = (
    _row(
        "certificate-in-other-region",
        severity=Severity.BLOCKED,
        when="the certificate is of another Region than us-east-1",
        why="CloudFront takes certificates of us-east-1 only, wherever it serves from",
        find=other_region,
    ),
    _row(
        "certificate-absent",
        severity=Severity.BLOCKED,
        when="no certificate has the given ARN",
        why="The distribution would be refused, and the stack rolled back",
        find=absent,
    ),
    _row(
        "certificate-not-issued",
        severity=Severity.BLOCKED,
        when="the certificate is not issued",
        why="CloudFront refuses a certificate that is still validated, failed or was revoked",
        find=not_issued,
    ),
    _row(
        "certificate-wrong-name",
        severity=Severity.BLOCKED,
        when="the certificate does not cover the domain",
        why="CloudFront attaches a name only if the certificate covers it",
        find=wrong_name,
    ),
    _row(
        "certificate-expired",
        severity=Severity.BLOCKED,
        when="the certificate has ended",
        why="Browsers would refuse the website",
        find=expired,
    ),
    _row(
        "certificate-expiring",
        severity=Severity.WARNING,
        when="the certificate ends within 30 days",
        why="ACM renews 60 days ahead; one that is so near its end was not renewed",
        find=expiring,
    ),
)
