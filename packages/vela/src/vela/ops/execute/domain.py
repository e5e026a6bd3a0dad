"""The steps that bring a domain here.

Law: asks CloudFront and DNS, changes neither; what a person has to do is said exactly.
"""

from vela.errors import DomainHeld
from vela.ops.cdk import Progress
from vela.ops.execute.means import Means
from vela.ops.execute.stacks import outputs
from vela.ops.facts.dns import LeadsTo, leads_to
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.situation import WEB
from vela.ops.plan.steps import AwaitRecord, LookUpConflicts, Record
from vela.ops.refusals import known


def look_up_conflicts(means: Means, step: LookUpConflicts, news: Progress) -> None:
    """Ask CloudFront who else has the name; stop where somebody has."""
    told = outputs(means, WEB)
    ours, front = told.get("DistributionId", ""), told.get("CloudFrontDomain", "")
    found = known("cloudfront:ListDomainConflicts", lambda: _conflicts(means, step.domain, ours))
    if isinstance(found, Unknown):
        means.show.notice(
            f"who else has {step.domain} is not known: {found.reason}. {found.remedy}"
        )
        return
    others = [(resource, account) for resource, account in found if resource != ours]
    news(f"{len(others)} others have {step.domain}")
    if not others:
        return
    resource, account = others[0]
    if account == means.account:
        raise DomainHeld(
            f"the distribution {resource} of this account has {step.domain}",
            "Take the name out of the stack or the settings of that distribution and let that be "
            "deployed, then run the same command: it continues here",
        )
    label, _, parent = step.domain.partition(".")
    raise DomainHeld(
        f"the distribution {resource} of the account {account} has {step.domain}",
        f"Let its owner take the name off it, or prove the name is yours by the record "
        f'_{label}.{parent}. TXT "{front}" and ask AWS Support to move it; then run the same command',
    )


def _conflicts(means: Means, domain: str, ours: str) -> list[tuple[str, str]]:
    pages = means.aws.cloudfront.get_paginator("list_domain_conflicts").paginate(
        Domain=domain, DomainControlValidationResource={"DistributionId": ours}
    )
    return [
        (conflict["ResourceId"], conflict["AccountId"])
        for page in pages
        for conflict in page["DomainConflicts"]
        # A wildcard that overlaps is listed too; the more specific name wins over it.
        if conflict["Domain"] == domain
    ]


def await_record(means: Means, step: AwaitRecord, news: Progress) -> None:
    """Say which record is needed, and wait until the name leads to the distribution."""
    target = outputs(means, WEB).get("CloudFrontDomain", "")
    record = Record(name=step.record.name, target=target)
    if _leads_here(means, record):
        return
    minutes = means.patience.record_s / 60
    means.show.notice(f"make this DNS record now (waiting {minutes:.0f} minutes for it): {record}")
    news(f"until {record.name} leads to {target}")
    if not means.wait(lambda: _leads_here(means, record), at_most_s=means.patience.record_s):
        raise DomainHeld(
            f"{record.name} does not lead to {target} yet",
            f"Make the record {record} and run the same command: it continues here",
        )


def _leads_here(means: Means, record: Record) -> bool:
    """Tell whether the name leads to the distribution now; an unanswered question is a no."""
    resolver = means.resolving()
    try:
        answer = resolver.resolve(record.name)
        front = resolver.resolve(record.target) if answer.reverse and record.target else None
    except OSError:
        return False
    return leads_to(answer, record.target, front) is LeadsTo.OURS
