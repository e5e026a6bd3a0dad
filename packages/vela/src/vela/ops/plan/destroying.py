"""Plans the end of a deployment.

Law: pure. The record and the alias go before the distribution, stacks in the reverse order of their
making, data only when that was said in so many words. What stays is named with its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vela.ops.plan.deploying import NO_ALIAS_NO_RECORD, busy
from vela.ops.plan.difference import difference, removal
from vela.ops.plan.situation import (
    API,
    BUCKET,
    DATABASE,
    STACKS,
    WEB,
    Condition,
    Situation,
    aliases,
    has_record,
    protects_data,
    unprotected,
    without_alias,
    without_record,
)
from vela.ops.plan.steps import (
    Action,
    AwaitInterfaces,
    AwaitStack,
    ContinueRollback,
    DeployStack,
    DestroyStack,
    EmptyBucket,
    FindLeftovers,
    Plan,
    RemoveEmptyStack,
    Step,
)

#: Lifts the protection of cluster and tables; what the app's own setting does, nothing else does.
LIFTED = {"stage": "development"}


class WebBucket(StrEnum):
    """What becomes of the website's files."""

    KEEP = "keep"
    PURGE = "purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyOptions:
    """What the user said."""

    including_data: bool = False
    web_bucket: WebBucket = WebBucket.KEEP


def plan_destroy(situation: Situation, options: DestroyOptions) -> Plan:
    """Decide how *situation* ends."""
    keeps_database = not options.including_data and _protected(situation)
    waiting = tuple(
        AwaitStack(stack=stack) for stack in STACKS if situation.condition(stack) is Condition.BUSY
    )
    steps: tuple[Step, ...] = (
        *waiting,
        *_website(situation),
        *_bucket(situation, options),
        *_destroyed(situation, API),
        *(() if keeps_database else _database(situation)),
    )
    return Plan(
        steps=(*steps, last_look(situation, options)) if steps else (),
        clearing=len(waiting),
        findings=busy(situation),
        stays=tuple(_stays(situation, options, keeps_database=keeps_database)),
    )


def _protected(situation: Situation) -> bool:
    """Tell whether the database's stack holds data that refuse deletion or would be stranded."""
    if situation.condition(DATABASE) in {Condition.ABSENT, Condition.EMPTY}:
        return False
    return situation.cluster_protected or protects_data(situation.deployed[DATABASE].template)


def _website(situation: Situation) -> Iterator[Step]:
    deployed = situation.template(WEB)
    settled = situation.condition(WEB) is Condition.SETTLED
    if settled and deployed and (aliases(deployed) or has_record(deployed)):
        yield DeployStack(
            stack=WEB,
            changes=difference(deployed, without_record(without_alias(deployed))),
            context=NO_ALIAS_NO_RECORD,
            purpose="take the record and the name off the distribution",
        )
    yield from _destroyed(situation, WEB)


def _bucket(situation: Situation, options: DestroyOptions) -> Iterator[Step]:
    there = situation.condition(WEB) is not Condition.ABSENT or situation.bucket_objects is not None
    if options.web_bucket is WebBucket.PURGE and there:
        yield EmptyBucket(bucket=situation.bucket, objects=situation.bucket_objects or None)


def _database(situation: Situation) -> Iterator[Step]:
    if situation.condition(DATABASE) is Condition.ABSENT:
        return
    if situation.condition(DATABASE) is not Condition.EMPTY:
        yield AwaitInterfaces()
    if _protected(situation):
        if situation.condition(DATABASE) is Condition.ROLLBACK_FAILED:
            yield ContinueRollback(stack=DATABASE)
        yield DeployStack(
            stack=DATABASE,
            changes=difference(
                situation.template(DATABASE), unprotected(situation.wanted[DATABASE])
            ),
            context=LIFTED,
            purpose="lift the deletion protection of cluster and tables",
        )
    yield from _destroyed(situation, DATABASE, lifted=_protected(situation))


def _destroyed(situation: Situation, stack: str, *, lifted: bool = False) -> Iterator[Step]:
    match situation.condition(stack):
        case Condition.ABSENT:
            return
        case Condition.EMPTY:
            yield RemoveEmptyStack(stack=stack, status=situation.deployed[stack].status)
        case (
            Condition.BUSY | Condition.SETTLED | Condition.ROLLBACK_FAILED | Condition.HALF_DELETED
        ):
            template = situation.deployed[stack].template
            yield DestroyStack(
                stack=stack, changes=removal(unprotected(template) if lifted else template)
            )


def last_look(situation: Situation, options: DestroyOptions) -> FindLeftovers:
    """Look for what is left, also where nothing is deployed: an earlier run may not have got to it."""
    keeps_database = not options.including_data and _protected(situation)
    return FindLeftovers(
        retained=() if options.web_bucket is WebBucket.PURGE else (situation.bucket,),
        stacks=(DATABASE,) if keeps_database else (),
    )


def _bucket_stays(situation: Situation) -> bool:
    """Tell whether the bucket outlives its stack, or has none."""
    ends = {c.action for c in removal(situation.template(WEB) or {}) if c.type == BUCKET}
    if ends:
        return ends == {Action.RETAINED}
    return situation.condition(WEB) is not Condition.ABSENT or situation.bucket_objects is not None


def _stays(situation: Situation, options: DestroyOptions, *, keeps_database: bool) -> Iterator[str]:
    if keeps_database:
        yield (
            f"{DATABASE}: the cluster and the tables are protected; the next deployment finds them. "
            "--including-data deletes them"
        )
    if options.web_bucket is WebBucket.KEEP and _bucket_stays(situation):
        yield f"the bucket {situation.bucket} with its objects; the next deployment takes it in"
