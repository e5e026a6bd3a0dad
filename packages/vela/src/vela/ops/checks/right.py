"""What was looked at and found right, in a few words a subject.

Law: pure; says nothing about a subject with a warning or worse, or that could not be looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from vela.ops.checks.check import Subject, present
from vela.ops.checks.machine import text
from vela.ops.checks.table import CHECKS
from vela.ops.facts.dns import LeadsTo
from vela.ops.facts.facts import Facts
from vela.ops.facts.retained import Holding
from vela.ops.findings import Finding, Severity


def right(facts: Facts, findings: Sequence[Finding]) -> Iterator[tuple[Subject, str]]:
    """Give every subject that is as it should be, with what was seen."""
    subjects = {check.id: check.subject for check in CHECKS}
    wrong = {subjects[f.id] for f in findings if f.severity > Severity.INFO}
    for subject, see in SEEN.items():
        if subject not in wrong and (seen := see(facts)):
            yield subject, seen


def _machine(facts: Facts) -> str:
    found = facts.machine
    return f"Python {text(found.python)}, Node {text(found.node)}, CDK CLI {text(found.cdk)}" + (
        f" (reads assembly schema {found.schema_read})" if found.schema_read else ""
    )


def _credentials(facts: Facts) -> str:
    return f"account {facts.identity.account}, {facts.identity.arn}"


def _region(facts: Facts) -> str:
    return f"{facts.region.name}, Aurora DSQL answers" if facts.region.dsql else ""


def _plan(facts: Facts) -> str:
    if (planned := present(facts.planned)) is None:
        return ""
    count = sum(len(template["Resources"]) for template in planned.templates.values())
    return (
        f"{count} resources in {len(planned.templates)} stacks, stage {planned.stage} "
        f"({'synthesised now' if planned.fresh else 'the kept assembly'})"
    )


def _bootstrap(facts: Facts) -> str:
    found = present(facts.bootstrap)
    return f"version {found.version}" if found and found.version else ""


def _stacks(facts: Facts) -> str:
    if (found := present(facts.stacks)) is None:
        return ""
    return ", ".join(f"{s.name} {s.status}" for s in found.values()) or "none deployed yet"


def _names(facts: Facts) -> str:
    if not (found := present(facts.retained)):
        return ""
    free = sum(fact.state is Holding.ABSENT for fact in found)
    return f"{len(found)} looked up: {free} free, {len(found) - free} held by their own stack"


def _certificate(facts: Facts) -> str:
    found = present(facts.certificate)
    if found is None:
        return ""
    until = f", until {found.expires:%Y-%m-%d}" if found.expires else ""
    return f"issued for {', '.join(found.names)}{until}"


def _domain(facts: Facts) -> str:
    dns = present(facts.dns)
    if dns is None or dns.leads_to is not LeadsTo.OURS:
        return ""
    return f"{dns.domain} leads to our distribution"


def _cluster(facts: Facts) -> str:
    quota, clusters = present(facts.quota), present(facts.clusters)
    if quota is None or clusters is None:
        return ""
    ours = clusters.our_cluster
    held = f"{quota.used} of {quota.limit} clusters"
    if ours is None:
        return f"{held}, ours is to be made"
    protected = "protected" if ours.protected else "not protected from deletion"
    return f"{ours.identifier} {ours.status}, {protected}; {held}"


def _drift(facts: Facts) -> str:
    found = present(facts.drift)
    if not found:
        return ""
    checked = [drift for drift in found.values() if drift.status == "IN_SYNC"]
    if len(checked) < len(found):
        return "never compared yet (`--drift` compares now)"
    return "every stack is as its template says"


def _permissions(facts: Facts) -> str:
    found = present(facts.permissions)
    if found is None:
        return ""
    return found.note or f"{found.asked} actions simulated, all allowed"


SEEN: Mapping[Subject, Callable[[Facts], str]] = {
    Subject.MACHINE: _machine,
    Subject.CREDENTIALS: _credentials,
    Subject.REGION: _region,
    Subject.PLAN: _plan,
    Subject.BOOTSTRAP: _bootstrap,
    Subject.STACKS: _stacks,
    Subject.NAMES: _names,
    Subject.CERTIFICATE: _certificate,
    Subject.DOMAIN: _domain,
    Subject.CLUSTER: _cluster,
    Subject.DRIFT: _drift,
    Subject.PERMISSIONS: _permissions,
}
