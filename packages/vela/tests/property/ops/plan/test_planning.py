"""Laws of the planners, over every state a stack, a bucket, a domain and a cluster may be in."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from vela.ops.plan.deploying import plan_deploy
from vela.ops.plan.destroying import DestroyOptions, WebBucket, plan_destroy
from vela.ops.plan.situation import (
    API,
    DATABASE,
    STACKS,
    WEB,
    Condition,
    Deployed,
    Domain,
    Orphan,
    Situation,
    adopting,
    aliases,
    condition_of,
    unprotected,
    without_alias,
    without_record,
)
from vela.ops.plan.steps import (
    Action,
    AwaitInterfaces,
    AwaitRecord,
    AwaitStack,
    Bootstrap,
    ContinueRollback,
    DeployStack,
    DestroyStack,
    EmptyBucket,
    FindLeftovers,
    LookUpConflicts,
    Reconcile,
    RemoveEmptyStack,
    Verify,
)

BUCKET = "vela-web-123456789012"
TABLE = "vela-profiles"

STATUSES = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "CREATE_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "DELETE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "REVIEW_IN_PROGRESS",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "CREATE_FAILED",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_FAILED",
    "DELETE_FAILED",
    "DELETE_COMPLETE",
)


def database(*, protected=False, version=1):
    policy = "Retain" if protected else "Delete"
    kept = {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"Version": version}},
            "Cluster": {
                "Type": "AWS::DSQL::Cluster",
                "Properties": {"DeletionProtectionEnabled": protected},
                **kept,
            },
            "Profiles": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {"TableName": TABLE, "DeletionProtectionEnabled": protected},
                **kept,
            },
        }
    }


def api(version=1):
    return {
        "Resources": {"Api": {"Type": "AWS::Lambda::Function", "Properties": {"Code": version}}}
    }


NAMES = ("www.example.com", "new.example.com")


def web(*, alias=None, record=False, version=1):
    config = {"Comment": version} | ({"Aliases": [alias]} if alias else {})
    records = {"A": {"Type": "AWS::Route53::RecordSet", "Properties": {"Type": "A"}}}
    return {
        "Resources": {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": BUCKET, "BucketEncryption": {}},
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
            },
            "Front": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {"DistributionConfig": config},
            },
            **(records if record else {}),
        }
    }


def deployed(templates):
    return st.none() | st.builds(
        Deployed, status=st.sampled_from(STATUSES), template=templates, holder=st.just("by someone")
    )


protections = st.booleans()
versions = st.integers(1, 2)
web_templates = st.one_of(
    st.builds(
        web, alias=st.none() | st.sampled_from(NAMES), record=st.booleans(), version=versions
    ),
    st.builds(adopting, st.builds(web, version=versions)),
)


@st.composite
def situations(draw):
    named = draw(st.booleans())
    domain = Domain(
        name=draw(st.sampled_from(NAMES)),
        leads_here=draw(st.booleans()),
        blocks=draw(st.booleans()),
        free=draw(st.booleans()),
    )
    stacks = {
        DATABASE: draw(deployed(st.builds(database, protected=protections, version=versions))),
        API: draw(deployed(st.builds(api, versions))),
        WEB: draw(deployed(web_templates)),
    }
    orphan = Orphan(stack=WEB, logical_id="Bucket", type="AWS::S3::Bucket", name=BUCKET, objects=7)
    table = Orphan(stack=DATABASE, logical_id="Profiles", type="AWS::DynamoDB::Table", name=TABLE)
    owned = {name for name, stack in stacks.items() if stack and stack.condition not in GONE}
    return Situation(
        bootstrapped=draw(st.booleans()),
        wanted={
            DATABASE: database(protected=draw(protections)),
            API: api(),
            WEB: web(alias=domain.name if named else None, record=named and draw(st.booleans())),
        },
        deployed={name: stack for name, stack in stacks.items() if stack},
        orphans=tuple(o for o in (orphan, table) if o.stack not in owned and draw(st.booleans())),
        domain=domain if named else None,
        bucket=BUCKET,
        bucket_objects=draw(st.none() | st.integers(0, 9)),
        cluster_protected=draw(st.booleans()),
        mine=draw(st.booleans()),
    )


GONE = {Condition.ABSENT, Condition.EMPTY, Condition.HALF_DELETED}
CLEARING = (AwaitStack, RemoveEmptyStack, ContinueRollback, DestroyStack)
options = st.builds(
    DestroyOptions, including_data=st.booleans(), web_bucket=st.sampled_from(WebBucket)
)


def positions(steps, kind, *, stack=None):
    return [
        number
        for number, step in enumerate(steps)
        if isinstance(step, kind) and (stack is None or step.stack == stack)
    ]


def in_order(*groups):
    """Whether everything of one group comes before everything of the next that has anything."""
    filled = [group for group in groups if group]
    return all(max(a) < min(b) for a, b in itertools.pairwise(filled))


def after(situation, steps):
    """What a situation becomes when *steps* are done, as CloudFormation would have it."""
    for step in steps:
        situation = one_after(situation, step)
    return situation


def one_after(situation, step):
    match step:
        case Bootstrap():
            return replace(situation, bootstrapped=True)
        case DeployStack():
            return after_deployment(situation, step)
        case AwaitRecord() if situation.domain:
            domain = replace(situation.domain, leads_here=True, blocks=False)
            return replace(situation, domain=domain)
        case LookUpConflicts() if situation.domain:
            return replace(situation, domain=replace(situation.domain, free=True))
        case AwaitStack() | ContinueRollback() | RemoveEmptyStack() | DestroyStack():
            return after_clearing(situation, step)
        case _:
            return situation


def after_clearing(situation, step):
    stack = situation.deployed[step.stack]
    others = {name: s for name, s in situation.deployed.items() if name != step.stack}
    if isinstance(step, DestroyStack):
        situation = replace(situation, orphans=(*situation.orphans, *left_by(step, situation)))
    gone = stack.status == "DELETE_IN_PROGRESS" or isinstance(step, RemoveEmptyStack | DestroyStack)
    if gone:
        return replace(situation, deployed=others)
    settled = replace(stack, status="UPDATE_ROLLBACK_COMPLETE")
    return replace(situation, deployed={**others, step.stack: settled})


def left_by(step, situation):
    """The bucket outlives its stack."""
    known = {orphan.name for orphan in situation.orphans}
    buckets = (c for c in step.changes if c.action is Action.RETAINED and c.type.endswith("Bucket"))
    for change in buckets if BUCKET not in known else ():
        yield Orphan(stack=WEB, logical_id=change.logical_id, type=change.type, name=BUCKET)


def after_deployment(situation, step):
    derived = {
        "adoptBucket": adopting,
        "attachAlias": without_alias,
        "hostedZone": without_record,
        "stage": unprotected,
    }
    template = situation.wanted[step.stack]
    for told in step.context:
        template = derived[told](template)
    stacks = {
        **situation.deployed,
        step.stack: Deployed(status="UPDATE_COMPLETE", template=template),
    }
    return replace(
        situation,
        deployed=stacks,
        cluster_protected=situation.cluster_protected and "stage" not in step.context,
        orphans=tuple(
            o for o in situation.orphans if o.stack != step.stack or not step.import_existing
        ),
    )


def to_the_end(situation, plan):
    """Plan and do until a plan is done whole; bounded, as the command is."""
    for _ in range(4):
        made = plan(situation)
        if not made.clearing:
            return after(situation, made.steps)
        situation = after(situation, made.steps[: made.clearing])
    raise AssertionError("the way is never clear")


@given(situations())
def test_stacks_are_deployed_in_the_order_they_depend_on_each_other(situation):
    steps = plan_deploy(situation).steps

    assert in_order(*(positions(steps, DeployStack, stack=stack) for stack in STACKS))


@given(situations())
def test_what_clears_the_way_comes_first_and_dependants_are_cleared_before(situation):
    plan = plan_deploy(situation)

    assert positions(plan.steps, CLEARING) == list(range(plan.clearing))
    assert in_order(*(positions(plan.steps, CLEARING, stack=s) for s in reversed(STACKS)))


@given(situations())
def test_no_stack_is_deleted_on_the_way_while_one_that_uses_it_stands(situation):
    plan = plan_deploy(situation)
    gone = {step.stack for step in plan.steps[: plan.clearing] if isinstance(step, DestroyStack)}
    standing = {
        stack
        for stack in STACKS
        if situation.condition(stack) in {Condition.SETTLED, Condition.ROLLBACK_FAILED}
    } - gone

    assert all(STACKS.index(one) < STACKS.index(other) for one in standing for other in gone)


@given(situations())
def test_nothing_is_deployed_before_the_account_is_bootstrapped(situation):
    steps = plan_deploy(situation).steps

    assert in_order(positions(steps, Bootstrap), positions(steps, DeployStack))
    assert bool(positions(steps, Bootstrap)) is not situation.bootstrapped


@given(situations())
def test_a_deployment_ends_with_its_verification_or_has_no_step(situation):
    steps = plan_deploy(situation).steps

    assert not steps or positions(steps, Verify) == [len(steps) - 1]


@given(situations())
def test_a_name_is_claimed_after_who_has_it_is_known_and_it_leads_nowhere_else(situation):
    steps = plan_deploy(situation).steps
    claims = [
        number
        for number, step in enumerate(steps)
        if isinstance(step, DeployStack)
        and step.stack == WEB
        and not step.context
        and aliases(situation.wanted[WEB]) - aliases(situation.template(WEB))
    ]
    domain = situation.domain
    looked, waited = positions(steps, LookUpConflicts), positions(steps, AwaitRecord)

    if domain and claims and (domain.blocks or not domain.free):
        assert looked
        assert in_order(looked, claims)
    if domain and claims and domain.blocks:
        assert waited
        assert in_order(looked, waited, claims)


@given(situations())
def test_no_distribution_is_given_a_name_that_may_be_anothers(situation):
    """Whatever is done, a name is new to a template only after CloudFront was asked for it."""
    domain = situation.domain
    asked = domain is not None and domain.free

    for step in plan_deploy(situation).steps:
        asked = asked or isinstance(step, LookUpConflicts)
        before = aliases(situation.template(WEB))
        if type(step) in CLEARING:
            return
        situation = one_after(situation, step)
        assert asked or not aliases(situation.template(WEB)) - before


@given(situations())
def test_what_waits_to_be_taken_in_is_taken_in_and_compared_afterwards(situation):
    steps = plan_deploy(situation).steps
    imports = [n for n, s in enumerate(steps) if isinstance(s, DeployStack) and s.import_existing]

    for number in imports:
        step = steps[number]
        assert isinstance(step, DeployStack)
        taken = {c.logical_id for c in step.changes if c.action is Action.IMPORTED}
        assert taken == {o.logical_id for o in situation.orphans if o.stack == step.stack}
        assert any(r > number for r in positions(steps, Reconcile, stack=step.stack))


@given(situations())
def test_a_bucket_is_emptied_only_when_that_was_said(situation):
    assert not positions(plan_deploy(situation).steps, EmptyBucket)

    purging = plan_deploy(situation, purge_web_bucket=True).steps

    assert in_order(positions(purging, EmptyBucket), positions(purging, DeployStack))


@given(situations())
def test_planning_what_was_done_plans_nothing(situation):
    done = to_the_end(situation, plan_deploy)

    assert plan_deploy(done).steps == ()
    assert not done.orphans or all(done.converged(stack) for stack in STACKS)


@given(situations(), st.integers(0, 20))
def test_an_interrupted_deployment_is_continued_by_the_next(situation, stop):
    plan = plan_deploy(situation)
    first = plan.steps[: plan.clearing] if plan.clearing else plan.steps

    interrupted = after(situation, first[:stop])

    assert plan_deploy(to_the_end(interrupted, plan_deploy)).steps == ()


@given(situations())
def test_somebody_elses_operation_blocks_and_an_interrupted_one_of_ours_does_not(situation):
    busy = any(situation.condition(stack) is Condition.BUSY for stack in STACKS)

    blocking = any(finding.id == "stack-busy" for finding in plan_deploy(situation).findings)

    assert blocking is (busy and not situation.mine)


@given(situations(), options)
def test_stacks_are_destroyed_in_the_reverse_order(situation, chosen):
    steps = plan_destroy(situation, chosen).steps
    gone = (DestroyStack, RemoveEmptyStack)

    assert in_order(*(positions(steps, gone, stack=stack) for stack in reversed(STACKS)))


@given(situations(), options)
def test_record_and_name_are_taken_off_before_the_distribution_goes(situation, chosen):
    steps = plan_destroy(situation, chosen).steps

    assert in_order(
        positions(steps, DeployStack, stack=WEB), positions(steps, DestroyStack, stack=WEB)
    )


@given(situations(), options)
def test_interfaces_are_waited_for_between_the_functions_and_their_network(situation, chosen):
    steps = plan_destroy(situation, chosen).steps

    assert in_order(
        positions(steps, DestroyStack, stack=API),
        positions(steps, AwaitInterfaces),
        positions(steps, DestroyStack, stack=DATABASE),
    )
    if positions(steps, DestroyStack, stack=DATABASE):
        assert positions(steps, AwaitInterfaces)


@given(situations(), options)
def test_protected_data_stay_unless_they_are_named(situation, chosen):
    steps = plan_destroy(situation, chosen).steps
    held = situation.condition(DATABASE) not in {Condition.ABSENT, Condition.EMPTY}

    if situation.cluster_protected and held and not chosen.including_data:
        assert not positions(steps, (DestroyStack, DeployStack), stack=DATABASE)
        assert any(DATABASE in text for text in plan_destroy(situation, chosen).stays)


@given(situations(), options)
def test_the_bucket_is_deleted_only_by_purge_and_after_its_stack(situation, chosen):
    steps = plan_destroy(situation, chosen).steps

    if chosen.web_bucket is WebBucket.KEEP:
        assert not positions(steps, EmptyBucket)
    assert in_order(positions(steps, DestroyStack, stack=WEB), positions(steps, EmptyBucket))


@given(situations(), options)
def test_a_destruction_ends_by_looking_for_what_is_left(situation, chosen):
    steps = plan_destroy(situation, chosen).steps

    assert not steps or positions(steps, FindLeftovers) == [len(steps) - 1]


@given(situations(), options)
def test_deploy_destroy_deploy_ends_as_wanted_from_every_state(situation, chosen):
    once = to_the_end(situation, plan_deploy)
    gone = to_the_end(once, lambda s: plan_destroy(s, chosen))

    again = to_the_end(gone, plan_deploy)

    assert all(again.converged(stack) for stack in STACKS)


def test_every_status_of_cloudformation_means_something():
    assert {condition_of(status) for status in STATUSES} == set(Condition)
