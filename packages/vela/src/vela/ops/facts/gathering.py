"""Gathers all facts, those that need nothing of each other at once.

Law: three rounds (who calls; what is; what that leads to), each subject asked once, whatever fails.
Without credentials nothing more is asked: every other fact is then unknown for that one reason.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from vela.ops.account import REGION
from vela.ops.aws import Aws
from vela.ops.facts import (
    aliases,
    bootstrap,
    certificate,
    clusters,
    dns,
    drift,
    identity,
    machine,
    permissions,
    retained,
    stacks,
)
from vela.ops.facts.aliases import Aliases
from vela.ops.facts.certificate import Certificate
from vela.ops.facts.clusters import ClusterFact, Clusters, Protection
from vela.ops.facts.dns import Dns, Resolver, Zones
from vela.ops.facts.drift import Sleep
from vela.ops.facts.facts import Facts
from vela.ops.facts.identity import Identity
from vela.ops.facts.machine import Machine
from vela.ops.facts.planned import Planned
from vela.ops.facts.region import Region
from vela.ops.facts.retained import RetainedFact
from vela.ops.facts.stacks import Stacks
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.target import Target

#: Gives the assembly's contents for the account that calls.
Planning = Callable[[str], Planned | Unknown]
Resolving = Callable[[], Resolver]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is asked about.

    Attributes:
        target: Where it is deployed.
        project: The checkout.
        environment: Of the process: PATH, the account and Region it names.
        domain: Of the website.
        certificate: Its ARN.
        planning: Gives what is planned, synthesising if it must.
        resolving: Makes the resolver that DNS is asked through.
        detect_drift: Whether CloudFormation compares anew.
        now: The time.
        label: A host name that nobody made.
        sleep: Between two looks at a comparison that runs.

    """

    target: Target
    project: Path
    environment: Mapping[str, str]
    domain: str | None
    certificate: str | None
    planning: Planning
    resolving: Resolving
    now: datetime
    label: str
    sleep: Sleep
    detect_drift: bool = False


def gather(aws: Aws, inquiry: Inquiry) -> Facts:
    """Find everything out."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        on_machine = pool.submit(machine.gather, inquiry.project, inquiry.environment)
        caller = identity.gather(aws, inquiry.environment)
        if caller.account is None:
            return _without_account(inquiry, caller, on_machine.result())
        return _with_account(_Asking(aws, inquiry, pool), caller, on_machine)


@dataclass(frozen=True, slots=True)
class _Asking:
    aws: Aws
    inquiry: Inquiry
    pool: ThreadPoolExecutor


def _with_account(asking: _Asking, caller: Identity, on_machine: Future[Machine]) -> Facts:
    aws, inquiry, submit = asking.aws, asking.inquiry, asking.pool.submit
    # What starts first is what others wait for.
    listed = submit(stacks.gather, aws)
    version = submit(bootstrap.gather, aws)
    described = submit(clusters.gather, aws)
    limit = submit(clusters.gather_limit, aws)
    covered = submit(_certificate, asking)
    zones = submit(_zones, asking)
    planned = submit(inquiry.planning, caller.account or "")

    found = listed.result()
    front = submit(
        aliases.gather,
        aws,
        inquiry.domain,
        aliases.our_id(found),
        certificate=inquiry.certificate,
    )
    changed = submit(drift.gather, aws, found, detect=inquiry.detect_drift, sleep=inquiry.sleep)
    settled = bootstrap.settle(version.result(), found)
    wanted = planned.result()
    allowed = submit(
        permissions.gather,
        aws,
        identity=caller,
        bootstrap=settled,
        planned=wanted,
        # The local cloud's bootstrap leaves that role without its managed policy, and asks nobody.
        execution_role=inquiry.target is Target.AWS,
    )
    held = submit(_retained, aws, wanted, found)
    leads = submit(_dns, asking, zones.result(), front.result())
    ours = _clusters(described.result(), found)
    return Facts(
        target=inquiry.target,
        now=inquiry.now,
        machine=_with_schema(on_machine.result(), wanted),
        identity=caller,
        region=_region(inquiry, ours),
        bootstrap=settled,
        stacks=found,
        planned=wanted,
        retained=held.result(),
        certificate=covered.result(),
        aliases=front.result(),
        dns=leads.result(),
        clusters=ours,
        quota=clusters.quota(ours, limit.result()),
        protection=_protection(ours, wanted),
        drift=changed.result(),
        permissions=allowed.result(),
    )


def _without_account(inquiry: Inquiry, caller: Identity, on_machine: Machine) -> Facts:
    unknown = Unknown(reason=caller.detail, action="sts:GetCallerIdentity", cause=caller.cause)
    return Facts(
        target=inquiry.target,
        now=inquiry.now,
        machine=on_machine,
        identity=caller,
        region=_region(inquiry, unknown),
        bootstrap=unknown,
        stacks=unknown,
        planned=unknown,
        retained=unknown,
        certificate=unknown if inquiry.certificate else None,
        aliases=unknown,
        dns=unknown if inquiry.domain else None,
        clusters=unknown,
        quota=unknown,
        protection=unknown,
        drift=unknown,
        permissions=unknown,
    )


def _certificate(asking: _Asking) -> Certificate | Unknown | None:
    arn = asking.inquiry.certificate
    return certificate.gather(asking.aws, arn) if arn else None


def _zones(asking: _Asking) -> Zones | Unknown:
    return dns.hosted_zones(asking.aws) if asking.inquiry.domain else ()


def _dns(asking: _Asking, zones: Zones | Unknown, front: Aliases | Unknown) -> Dns | Unknown | None:
    inquiry = asking.inquiry
    if inquiry.domain is None:
        return None
    ours = None if isinstance(front, Unknown) else front.our_distribution
    return dns.gather(
        zones,
        inquiry.resolving(),
        domain=inquiry.domain,
        ours=ours.domain_name if ours else None,
        label=inquiry.label,
    )


def _retained(
    aws: Aws, planned: Planned | Unknown, found: Stacks | Unknown
) -> tuple[RetainedFact, ...] | Unknown:
    if isinstance(planned, Unknown):
        return planned
    return found if isinstance(found, Unknown) else retained.gather(aws, planned, found)


def _clusters(
    described: tuple[ClusterFact, ...] | Unknown, found: Stacks | Unknown
) -> Clusters | Unknown:
    if isinstance(described, Unknown):
        return described
    return Clusters(all=described, ours=clusters.our_identifier(found))


def _protection(ours: Clusters | Unknown, planned: Planned | Unknown) -> Protection | Unknown:
    if isinstance(ours, Unknown):
        return ours
    cluster = ours.our_cluster
    return Protection(
        now=cluster.protected if cluster else None,
        planned=None if isinstance(planned, Unknown) else planned.protects_data,
    )


def _region(inquiry: Inquiry, ours: Clusters | Unknown) -> Region:
    configured = inquiry.environment.get("AWS_REGION") or inquiry.environment.get(
        "AWS_DEFAULT_REGION"
    )
    return Region(name=REGION, configured=configured, dsql=_has_dsql(ours))


def _has_dsql(ours: Clusters | Unknown) -> bool | None:
    if not isinstance(ours, Unknown):
        return True
    # STS answered a moment ago: an endpoint that cannot be reached is one that is not there.
    return {Cause.UNREACHABLE: False, Cause.DENIED: True}.get(ours.cause)


def _with_schema(on_machine: Machine, planned: Planned | Unknown) -> Machine:
    if isinstance(planned, Unknown):
        return on_machine
    return replace(on_machine, schema_written=planned.schema)
