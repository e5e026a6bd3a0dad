"""What a rollback takes back: the last deployment, by the names of the change sets alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vela.errors import NothingBefore
from vela.ops.execute.naming import Naming, of_deployment, of_rollback
from vela.ops.plan.change_set import NOTHING, Kind, digest, read
from vela.ops.plan.history import LastChange, Undoing, clearing, undoing
from vela.ops.plan.situation import API, DATABASE, STACKS, WEB, Deployed, Situation
from vela.ops.plan.steps import AwaitStack, ContinueRollback

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def template(version):
    return {"Resources": {"Thing": {"Type": "AWS::Logs::LogGroup", "Properties": {"V": version}}}}


class Account:
    """An account whose stacks are templates, changed as Vela's commands change them."""

    def __init__(self):
        self.templates, self.changes, self.at = {}, {}, NOON

    def situation(self, **wanted):
        templates = {stack: template(wanted.get(stack, 1)) for stack in STACKS}
        there = {
            s: Deployed(status="UPDATE_COMPLETE", template=t) for s, t in self.templates.items()
        }
        return Situation(bootstrapped=True, wanted=templates, deployed=there)

    def deploy(self, *, until=WEB, failing=None, **wanted):
        situation = self.situation(**wanted)
        naming = of_deployment(situation, self.changes, who="ada-desk", when=self._later())
        for stack in STACKS[: STACKS.index(until) + 1]:
            if self.templates.get(stack) == situation.wanted[stack]:
                continue
            self.change(naming, stack, situation.wanted[stack], failing=stack == failing)
            if stack == failing:
                break

    def rollback(self, *, at_most=3):
        undo = undoing(self.changes)
        kept = {digest(template(v)): template(v) for v in range(1, 6)}
        naming = of_rollback(self.situation(), undo, who="ada-desk", when=self._later())
        for stack, target in list(undo.targets.items())[:at_most]:
            self.change(naming, stack, kept[target])
        return undo

    def change(self, naming: Naming, stack, to, *, failing=False):
        name = naming.name(stack, to)
        if not failing:
            self.templates[stack] = to
        self.changes[stack] = LastChange(
            changed=self._later(), change_set=read(name), deployed=digest(self.templates.get(stack))
        )

    def versions(self):
        return {s: t["Resources"]["Thing"]["Properties"]["V"] for s, t in self.templates.items()}

    def _later(self):
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def account():
    account = Account()
    account.deploy()
    return account


FIRST = {DATABASE: 1, API: 1, WEB: 1}


def test_a_deployment_of_two_stacks_goes_back_dependants_first(account):
    account.deploy(ApiStack=2, VelaStack=2)

    undo = account.rollback()

    assert list(undo.targets) == [WEB, API]
    assert account.versions() == FIRST


def test_after_a_rollback_another_deployment_goes_back_to_what_was_there(account):
    account.deploy(ApiStack=2)
    account.rollback()
    account.deploy(ApiStack=3)

    account.rollback()

    assert account.versions() == FIRST


def test_a_second_rollback_puts_nothing_back(account):
    account.deploy(ApiStack=2)
    account.rollback()

    with pytest.raises(NothingBefore, match="taken back already"):
        undoing(account.changes)


def test_an_interrupted_rollback_goes_on_with_the_other_stack(account):
    account.deploy(ApiStack=2, VelaStack=2)
    account.rollback(at_most=1)

    undo = account.rollback()

    assert list(undo.targets) == [API]
    assert account.versions() == FIRST


def test_a_rollback_that_cloudformation_took_back_is_tried_again(account):
    account.deploy(ApiStack=2)
    undo = undoing(account.changes)
    naming = of_rollback(account.situation(), undo, who="ada-desk", when=account.at)
    account.change(naming, API, template(1), failing=True)

    account.rollback()

    assert account.versions() == FIRST


def test_an_interrupted_deployment_that_went_on_is_taken_back_whole(account):
    account.deploy(ApiStack=2, VelaStack=2, until=API)
    account.deploy(ApiStack=2, VelaStack=2)

    account.rollback()

    assert account.versions() == FIRST


def test_a_failed_deployment_that_was_mended_is_taken_back_whole(account):
    account.deploy(DatabaseStack=2, ApiStack=2, failing=API)
    account.deploy(DatabaseStack=2, ApiStack=3)

    account.rollback()

    assert account.versions() == FIRST


def test_of_a_failed_deployment_only_what_stayed_goes_back(account):
    account.deploy(DatabaseStack=2, ApiStack=2, failing=API)

    undo = account.rollback()

    assert (list(undo.targets), undo.undone) == ([DATABASE], (API,))
    assert account.versions() == FIRST


def test_a_deployment_that_cloudformation_took_back_is_not_taken_back_again(account):
    account.deploy(ApiStack=2, failing=API)

    with pytest.raises(NothingBefore, match="CloudFormation has taken ApiStack back"):
        undoing(account.changes)


def test_what_a_failed_deployment_stored_was_never_deployed(account):
    account.deploy(ApiStack=2, failing=API)
    account.deploy(ApiStack=3)

    account.rollback()

    assert account.versions() == FIRST


def test_the_same_version_again_is_a_deployment_of_its_own(account):
    account.deploy(ApiStack=2, VelaStack=2)
    account.deploy(ApiStack=3, VelaStack=2)
    account.deploy(ApiStack=2, VelaStack=2)

    undo = account.rollback()

    assert list(undo.targets) == [API]
    assert account.versions() == {**FIRST, API: 3, WEB: 2}


def test_a_first_deployment_has_nothing_before_it(account):
    with pytest.raises(NothingBefore, match="nothing before it"):
        undoing(account.changes)
    with pytest.raises(NothingBefore, match="nothing is deployed"):
        undoing({})


def test_what_something_else_changed_is_not_taken_back(account):
    account.deploy(ApiStack=2)
    past = replace(account.changes[API], deployed=digest(template(4)))
    by_another = replace(past, change_set=None, changed=account.at + timedelta(seconds=9))

    with pytest.raises(NothingBefore, match="past Vela"):
        undoing({**account.changes, API: past})
    with pytest.raises(NothingBefore, match="something that is not Vela"):
        undoing({**account.changes, API: by_another})


def test_what_a_stack_is_named_after_is_what_it_had_before_the_command(account):
    situation = account.situation(ApiStack=2)
    naming = of_deployment(situation, account.changes, who="ada-desk", when=NOON)

    made = read(naming.name(API, template(2)))

    assert made is not None
    assert (made.before, made.after) == (digest(template(1)), digest(template(2)))
    assert made.kind is Kind.DEPLOYS
    assert NOTHING not in (made.before, made.after)


@pytest.mark.parametrize(
    ("status", "step"),
    [("UPDATE_IN_PROGRESS", AwaitStack), ("UPDATE_ROLLBACK_FAILED", ContinueRollback)],
)
def test_what_still_changes_is_waited_for_before_anything_goes_back(status, step):
    there = {API: Deployed(status=status, template=template(1))}
    wanted = {stack: template(1) for stack in STACKS}

    steps = clearing(Situation(bootstrapped=True, wanted=wanted, deployed=there))

    assert steps == (step(stack=API),)


def test_a_half_deleted_stack_does_not_go_back():
    there = {API: Deployed(status="DELETE_FAILED", template=template(1))}
    wanted = {stack: template(1) for stack in STACKS}

    with pytest.raises(NothingBefore, match="half deleted"):
        clearing(Situation(bootstrapped=True, wanted=wanted, deployed=there))


def test_an_undoing_names_its_deployment(account):
    account.deploy(ApiStack=2)
    made = account.changes[API].change_set
    assert made is not None

    assert undoing(account.changes) == Undoing(
        deployment=made.deployment, targets={API: digest(template(1))}
    )
