"""Plans a deployment.

Law: pure. The order is fixed: what stands in the way goes first, stacks in the order they depend on
each other, the domain in the order CloudFront accepts it, verification last. A converged situation
gives no step at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from vela.ops.findings import Finding, Severity
from vela.ops.plan.costs import costs
from vela.ops.plan.difference import difference, gives_up, removal
from vela.ops.plan.situation import (
    BUCKET,
    STACKS,
    WEB,
    Condition,
    Domain,
    Situation,
    Template,
    adopting,
    aliases,
    has_bucket_by_name_alone,
    has_record,
    without_alias,
    without_record,
)
from vela.ops.plan.steps import (
    AwaitRecord,
    AwaitStack,
    Bootstrap,
    ContinueRollback,
    DeployStack,
    DestroyStack,
    EmptyBucket,
    LookUpConflicts,
    Plan,
    Reconcile,
    Record,
    RemoveEmptyStack,
    Step,
    Verify,
)

#: What the CDK app is told in the steps before the last.
NO_ALIAS = {"attachAlias": "false"}
NO_ALIAS_NO_RECORD = {"attachAlias": "false", "hostedZone": ""}
ADOPT = {"adoptBucket": "true"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A template on the way, and what the app is told to synthesise it."""

    template: Template
    context: Mapping[str, str] = field(default_factory=dict)


def plan_deploy(situation: Situation, *, purge_web_bucket: bool = False) -> Plan:
    """Decide what takes *situation* to what is wanted.

    Args:
        situation: As it is.
        purge_web_bucket: Whether a bucket that would be taken in is deleted instead.

    """
    purged = tuple(_purged(situation)) if purge_web_bucket else ()
    if purged:
        kept = tuple(o for o in situation.orphans if o.name != situation.bucket)
        situation = replace(situation, orphans=kept)
    clearing = tuple(step for stack in reversed(STACKS) for step in _cleared(situation, stack))
    steps = (
        *clearing,
        *purged,
        *_bootstrap(situation),
        *(step for stack in STACKS for step in _stack(situation, stack)),
    )
    return Plan(
        steps=(*steps, Verify()) if steps else (),
        clearing=len(clearing),
        costs=costs(situation.wanted.values()),
        findings=(*busy(situation), *_given_up(situation)),
    )


def _given_up(situation: Situation) -> Iterator[Finding]:
    """Warn where data would no longer outlive their stack."""
    for stack in STACKS:
        if names := gives_up(situation.template(stack), situation.wanted[stack]):
            yield Finding(
                id="data-given-up",
                severity=Severity.WARNING,
                what=f"{', '.join(names)} outlives {stack} now, and what is planned ends that",
                why="After it, destroying the stack destroys the data",
                fix="If that is not meant, give the removal policy RETAIN_ON_UPDATE_OR_DELETE again",
            )


def busy(situation: Situation) -> tuple[Finding, ...]:
    """Block on what somebody else is changing right now."""
    return tuple(
        Finding(
            id="stack-busy",
            severity=Severity.BLOCKED,
            what=f"{stack} is being changed: {situation.deployed[stack].holder}",
            why="CloudFormation takes one change of a stack at a time",
            fix="Wait until it has finished, then run the command again",
        )
        for stack in STACKS
        if situation.condition(stack) is Condition.BUSY and not situation.mine
    )


def _purged(situation: Situation) -> Iterator[Step]:
    for orphan in situation.orphans:
        if orphan.name == situation.bucket:
            yield EmptyBucket(bucket=orphan.name, objects=orphan.objects)


def _bootstrap(situation: Situation) -> Iterator[Step]:
    if not situation.bootstrapped:
        yield Bootstrap()


def _stack(situation: Situation, stack: str) -> Iterator[Step]:
    if stack == WEB and situation.domain is not None:
        yield from _website(situation, situation.domain)
    elif not situation.converged(stack):
        yield from _deployed(situation, stack)


def _cleared(situation: Situation, stack: str) -> Iterator[Step]:
    """Bring a stack out of a status that takes no deployment; dependants come first."""
    match situation.condition(stack):
        case Condition.SETTLED | Condition.ROLLBACK_FAILED if _on_half_deleted(situation, stack):
            yield DestroyStack(stack=stack, changes=removal(situation.deployed[stack].template))
        case Condition.BUSY:
            yield AwaitStack(stack=stack)
        case Condition.EMPTY:
            yield RemoveEmptyStack(stack=stack, status=situation.deployed[stack].status)
        case Condition.ROLLBACK_FAILED:
            yield ContinueRollback(stack=stack)
        case Condition.HALF_DELETED:
            yield DestroyStack(stack=stack, changes=removal(situation.deployed[stack].template))
        case Condition.ABSENT | Condition.SETTLED:
            return


def _on_half_deleted(situation: Situation, stack: str) -> bool:
    """Tell whether what *stack* uses is to be deleted, which CloudFormation refuses while it does."""
    below = STACKS[: STACKS.index(stack)]
    return any(situation.condition(one) is Condition.HALF_DELETED for one in below)


def _deployed(
    situation: Situation, stack: str, *, phase: Phase | None = None, purpose: str = ""
) -> Iterator[Step]:
    """Deploy one stack, taking in what waits for it."""
    phase = phase or Phase(template=situation.wanted[stack])
    deployed = situation.template(stack)
    orphans = tuple(o for o in situation.orphans if o.stack == stack)
    ids = frozenset(orphan.logical_id for orphan in orphans)
    by_name = any(orphan.type == BUCKET for orphan in orphans)
    if orphans:
        taken = adopting(phase.template) if by_name else phase.template
        yield DeployStack(
            stack=stack,
            changes=difference(deployed, taken, imported=ids),
            import_existing=True,
            context={**phase.context, **ADOPT} if by_name else phase.context,
            purpose=f"take in {', '.join(orphan.name for orphan in orphans)}",
        )
        deployed = taken
    if not orphans or by_name:
        yield DeployStack(
            stack=stack,
            changes=difference(deployed, phase.template),
            context=phase.context,
            purpose=purpose or ("set up what was taken in" if orphans else ""),
        )
    if orphans or has_bucket_by_name_alone(deployed):
        yield Reconcile(stack=stack, logical_ids=tuple(sorted(ids or _buckets(phase.template))))


def _buckets(template: Template) -> frozenset[str]:
    resources = template.get("Resources", {}).items()
    return frozenset(id_ for id_, resource in resources if resource.get("Type") == BUCKET)


def _website(situation: Situation, domain: Domain) -> Iterator[Step]:
    """Deploy the website's stack with its name: at once where nothing stands against it."""
    wanted, deployed = situation.wanted[WEB], situation.template(WEB)
    claimed = aliases(wanted) - aliases(deployed)
    if claimed and (domain.blocks or not domain.free):
        yield from _name_last(situation, domain)
        return
    if not situation.converged(WEB):
        yield from _deployed(situation, WEB)
    yield from _led_here(wanted, domain)


def _led_here(wanted: Template, domain: Domain) -> Iterator[Step]:
    """Wait for the record a person makes, once the name is on the distribution."""
    if aliases(wanted) and not has_record(wanted) and not domain.leads_here:
        yield AwaitRecord(record=Record(name=domain.name, target=None))


def _name_last(situation: Situation, domain: Domain) -> Iterator[Step]:
    """First the distribution, then whose the name is, then its record, at last the alias.

    CloudFront refuses an alias that another distribution has, and tells who has a name only to whom
    owns a distribution with the certificate. It refuses one while DNS leads to another distribution,
    too: only then has the record to come first.
    """
    wanted, deployed = situation.wanted[WEB], situation.template(WEB)
    bare = without_record(without_alias(wanted))
    recorded = without_alias(wanted)
    if deployed is None or (difference(deployed, bare) and difference(deployed, recorded)):
        purpose = "the distribution with its certificate, the name not on it yet"
        first = Phase(template=bare, context=NO_ALIAS_NO_RECORD)
        yield from _deployed(situation, WEB, phase=first, purpose=purpose)
        deployed = bare
    yield LookUpConflicts(domain=domain.name)
    if domain.blocks:
        if has_record(wanted) and not has_record(deployed):
            yield DeployStack(
                stack=WEB,
                changes=difference(deployed, recorded),
                context=NO_ALIAS,
                purpose="the DNS record",
            )
            deployed = recorded
        yield AwaitRecord(record=Record(name=domain.name, target=None))
    yield DeployStack(
        stack=WEB,
        changes=difference(deployed, wanted),
        purpose="the name on the distribution",
        retry_dns=domain.blocks,
    )
    if not domain.blocks:
        yield from _led_here(wanted, domain)
