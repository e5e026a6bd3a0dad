"""Makes of the facts what the planners may know.

Law: pure. What a plan cannot do without and nobody could tell is one error that names the missing
permission; everything else has a cautious default.
"""

from collections.abc import Mapping
from typing import TypeVar

from vela.errors import PlanImpossible
from vela.ops.facts.aliases import Aliases
from vela.ops.facts.bootstrap import needed
from vela.ops.facts.clusters import Clusters
from vela.ops.facts.dns import Dns, LeadsTo
from vela.ops.facts.facts import Facts
from vela.ops.facts.planned import Planned
from vela.ops.facts.retained import Holding, Kind, RetainedFact
from vela.ops.facts.stacks import StackFact
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.situation import (
    STACKS,
    WEB,
    Deployed,
    Domain,
    Orphan,
    Situation,
    Template,
    has_record,
)

Fact = TypeVar("Fact")

TYPES = {
    Kind.BUCKET: "AWS::S3::Bucket",
    Kind.TABLE: "AWS::DynamoDB::Table",
    Kind.LOG_GROUP: "AWS::Logs::LogGroup",
    Kind.FUNCTION: "AWS::Lambda::Function",
}


def situation(
    facts: Facts,
    *,
    templates: Mapping[str, Template],
    holders: Mapping[str, str],
    mine: bool = False,
) -> Situation:
    """Put together what the planners may know.

    Args:
        facts: As gathered.
        templates: Of the deployed stacks, by name.
        holders: Who is changing a busy stack, by name.
        mine: Whether a busy stack is an interrupted run of this machine.

    """
    planned = _planned(facts)
    stacks = _told(facts.stacks, "which stacks are deployed")
    retained = () if isinstance(facts.retained, Unknown) else facts.retained
    return Situation(
        bootstrapped=_bootstrapped(facts, planned),
        wanted={name: planned.templates[name] for name in STACKS},
        deployed={
            name: _deployed(stacks[name], templates, holders) for name in STACKS if name in stacks
        },
        orphans=tuple(_orphans(retained)),
        domain=_domain(planned, facts.dns, facts.aliases),
        bucket=planned.bucket,
        bucket_objects=_objects(retained),
        cluster_protected=_protected(facts.clusters),
        mine=mine,
    )


def _planned(facts: Facts) -> Planned:
    planned = facts.planned
    if facts.identity.error:
        _told(planned, "whose the credentials are")
    if isinstance(planned, Unknown):  # an error of ours, with its own fix
        raise PlanImpossible(
            f"what would be deployed is not known: {planned.reason}", planned.action
        )
    return planned


def _told(fact: Fact | Unknown, what: str) -> Fact:
    if isinstance(fact, Unknown):
        raise PlanImpossible(
            f"{what} is not known: {fact.reason}", f"{fact.remedy}, then run it again"
        )
    return fact


def _bootstrapped(facts: Facts, planned: Planned) -> bool:
    """Take an unreadable version for a good one: deploying tells, and the doctor has said so."""
    if isinstance(facts.bootstrap, Unknown):
        return True
    version = facts.bootstrap.version
    return version is not None and version >= needed(planned.bootstrap_needed)


def _deployed(
    stack: StackFact, templates: Mapping[str, Template], holders: Mapping[str, str]
) -> Deployed:
    return Deployed(
        status=stack.status,
        template=templates.get(stack.name, {}),
        holder=holders.get(stack.name, stack.status),
    )


def _orphans(retained: tuple[RetainedFact, ...]) -> list[Orphan]:
    return [
        Orphan(
            stack=fact.stack,
            logical_id=fact.logical_id,
            type=TYPES[fact.kind],
            name=fact.name,
            objects=fact.objects,
        )
        for fact in retained
        if fact.state is Holding.ORPHANED and fact.adoptable
    ]


def _objects(retained: tuple[RetainedFact, ...]) -> int | None:
    """Count the bucket's objects; 0 stands for a bucket that is there and was not counted."""
    for fact in retained:
        if fact.kind is Kind.BUCKET and fact.state in {Holding.ORPHANED, Holding.OWNED}:
            return fact.objects or 0
    return None


def _protected(clusters: Clusters | Unknown) -> bool:
    if isinstance(clusters, Unknown) or clusters.our_cluster is None:
        return False
    return clusters.our_cluster.protected


def _domain(
    planned: Planned, dns: Dns | Unknown | None, aliases: Aliases | Unknown
) -> Domain | None:
    if planned.domain is None:
        return None
    if dns is None or isinstance(dns, Unknown):
        # Where the name leads is not known: the careful order does no harm.
        return Domain(name=planned.domain, blocks=True)
    return Domain(
        name=planned.domain,
        leads_here=dns.leads_to is LeadsTo.OURS,
        blocks=dns.leads_to is LeadsTo.OTHER_DISTRIBUTION,
        free=_free(aliases),
        zone=dns.zone_id if has_record(planned.templates[WEB]) else None,
    )


def _free(aliases: Aliases | Unknown) -> bool:
    """Tell whether nobody else has the name: what CloudFront has not said is not taken for so."""
    if isinstance(aliases, Unknown) or isinstance(aliases.conflicts, Unknown):
        return False
    if aliases.conflicts is None or (aliases.holder is not None and not aliases.attached):
        return False
    # A wildcard beside the name is no obstacle: the most specific alias wins.
    return all(conflict.domain != aliases.domain for conflict in aliases.conflicts)
