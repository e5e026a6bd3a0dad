"""The domain: who has the name now, and where its DNS leads.

Law: pure. CloudFront refuses an alias for two reasons under one code, ``CNAMEAlreadyExists``: the name
is on another distribution, or its DNS answer (also by a wildcard record) is another distribution.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from vela.ops.checks.check import Check, Subject, Told, present
from vela.ops.facts.dns import Dns, LeadsTo
from vela.ops.facts.facts import Facts
from vela.ops.facts.unknown import Unknown
from vela.ops.findings import Severity
from vela.ops.plan.situation import WEB

#: Deploying asks before it does that.
LEAVING = "name-leaves"
REFUSED = "answers CNAMEAlreadyExists some minutes into the deployment, which is rolled back"


def on_own_distribution(facts: Facts) -> Iterator[Told]:
    """Find the name on another distribution of this account."""
    aliases = present(facts.aliases)
    if aliases and (holder := aliases.holder) and holder.id != aliases.ours:
        ours = aliases.ours or "<ours, after the first phase>"
        yield Told(
            f"{aliases.domain} is an alias of the distribution {holder.id} ({holder.domain_name}) of "
            "this account",
            "`vela deploy` first deploys without the alias; then move it without downtime: `aws "
            f"cloudfront associate-alias --target-distribution-id {ours} --alias {aliases.domain}`, "
            "and drop it from the stack it came from",
        )


def in_conflict(facts: Facts) -> Iterator[Told]:
    """Find the name, or an overlapping one, on a distribution CloudFront tells us of."""
    aliases = present(facts.aliases)
    conflicts = aliases.conflicts if aliases else None
    if not aliases or isinstance(conflicts, Unknown) or not conflicts:
        return
    known = {distribution.id for distribution in aliases.distributions}
    for conflict in conflicts:
        # A wildcard beside the name is no obstacle: the most specific alias wins.
        if conflict.resource not in known and conflict.domain == aliases.domain:
            front = aliases.our_distribution
            target = front.domain_name if front else "<our distribution>"
            yield Told(
                f"{conflict.domain} is an alias of {conflict.resource} in account {conflict.account}",
                f"Prove the name is yours by a TXT record `_{conflict.domain}` = {target}, have the "
                "other distribution disabled or the alias removed, then move it: `aws cloudfront "
                f"update-domain-association --domain {conflict.domain} --target-resource "
                f"DistributionId={aliases.ours}`",
            )


def leads_away(facts: Facts) -> Iterator[Told]:
    """Find DNS leading the name itself to another distribution."""
    dns = present(facts.dns)
    if dns and dns.leads_to is LeadsTo.OTHER_DISTRIBUTION and not dns.wildcard:
        yield Told(
            f"{dns.domain} leads to {dns.distribution}, a distribution that is not ours",
            "The name is put on our distribution last, after its record leads there: "
            f"{_record(dns)}",
        )


def wildcard_leads_away(facts: Facts) -> Iterator[Told]:
    """Find DNS leading the name to another distribution by a wildcard record."""
    dns = present(facts.dns)
    if dns and dns.leads_to is LeadsTo.OTHER_DISTRIBUTION and dns.wildcard:
        yield Told(
            f"{dns.domain} has no record of its own, and the wildcard record beside it leads to "
            f"{dns.distribution}, a distribution that is not ours",
            f"A record for {dns.domain} alone hides the wildcard, which may stay. The name is put on "
            f"our distribution last, after that record leads there: {_record(dns)}",
        )


def leads_elsewhere(facts: Facts) -> Iterator[Told]:
    """Find DNS leading the name to something that is no distribution."""
    dns = present(facts.dns)
    if dns and dns.leads_to is LeadsTo.ELSEWHERE:
        yield Told(
            f"{dns.domain} leads to {', '.join((*dns.answer.chain, *dns.answer.addresses))}, "
            "which is not CloudFront",
            f"Its visitors stay there until the record leads to our distribution: {_record(dns)}",
        )


def leads_nowhere(facts: Facts) -> Iterator[Told]:
    """Find a name without a record."""
    dns = present(facts.dns)
    if dns and dns.leads_to is LeadsTo.NOWHERE:
        what = f"{dns.domain} has no DNS record yet"
        yield Told(what, f"Nothing has to be done before: {_record(dns)}")


def forgotten(facts: Facts) -> Iterator[Told]:
    """Find a deployment without a word on the name that the website has."""
    planned, name = present(facts.planned), _served(facts)
    if planned and name and planned.domain is None and "domain" not in planned.said:
        yield Told(
            f"the website has the name {name}, and no domain is named: deploying would take it off",
            f"Add --domain {name} and its --certificate, as before; or --domain '' if it is to go",
        )


def leaving(facts: Facts) -> Iterator[Told]:
    """Find a deployment that takes the website's name off, and was told to."""
    planned, name = present(facts.planned), _served(facts)
    if planned and name and planned.domain != name and "domain" in planned.said:
        yield Told(
            f"the name {name} goes off the website",
            "Nothing has to be done if that is meant; else name it as the --domain, as before",
        )


def _served(facts: Facts) -> str | None:
    """Give the name that the deployed website has beside CloudFront's own."""
    stack = (present(facts.stacks) or {}).get(WEB)
    outputs = stack.outputs if stack else {}
    name = urlsplit(outputs.get("WebsiteURL", "")).hostname
    return name if name != outputs.get("CloudFrontDomain") else None


def _record(dns: Dns) -> str:
    shown = "`vela deploy` shows the exact record to make and waits for it"
    if dns.zone_id is None:
        return shown
    return f"with `--context hostedZone={dns.zone_id}` CDK makes the record; without it {shown}"


CHECKS = (
    Check(
        id="name-forgotten",
        subject=Subject.DOMAIN,
        severity=Severity.BLOCKED,
        when="the website has a name of its own, and no domain is given",
        why="The name would be taken off the distribution, and its visitors would meet an error",
        find=forgotten,
    ),
    Check(
        id=LEAVING,
        subject=Subject.DOMAIN,
        severity=Severity.WARNING,
        when="another domain than the website has is given, or none by an empty one",
        why="Visitors of a name that is on no distribution meet an error",
        find=leaving,
    ),
    Check(
        id="alias-on-other-distribution",
        subject=Subject.DOMAIN,
        severity=Severity.WARNING,
        when="the domain is an alias of another distribution of this account",
        why=f"A name is on one distribution only: CloudFront {REFUSED}",
        find=on_own_distribution,
    ),
    Check(
        id="alias-in-conflict",
        subject=Subject.DOMAIN,
        severity=Severity.BLOCKED,
        when="CloudFront says that a distribution of another account has the domain",
        why=f"A name is on one distribution only, of all accounts: CloudFront {REFUSED}",
        find=in_conflict,
    ),
    Check(
        id="dns-leads-to-other-distribution",
        subject=Subject.DOMAIN,
        severity=Severity.WARNING,
        when="the domain's DNS record leads to a CloudFront distribution that is not ours",
        why=f"CloudFront looks the name up before it attaches it, and {REFUSED}",
        find=leads_away,
    ),
    Check(
        id="dns-wildcard-leads-to-other-distribution",
        subject=Subject.DOMAIN,
        severity=Severity.WARNING,
        when="the domain has no record, and a wildcard record leads it to a distribution that is not "
        "ours",
        why=f"CloudFront looks the name up, is answered by the wildcard, and {REFUSED}",
        find=wildcard_leads_away,
    ),
    Check(
        id="dns-leads-elsewhere",
        subject=Subject.DOMAIN,
        severity=Severity.INFO,
        when="the domain's DNS record leads to something that is not CloudFront",
        why="The name can be attached, but nobody reaches the platform by it before the record changes",
        find=leads_elsewhere,
    ),
    Check(
        id="dns-without-record",
        subject=Subject.DOMAIN,
        severity=Severity.INFO,
        when="the domain has no DNS record",
        why="The name can be attached, but nobody reaches the platform by it before there is a record",
        find=leads_nowhere,
    ),
)
