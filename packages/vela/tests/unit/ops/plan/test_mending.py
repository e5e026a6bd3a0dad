"""What a plan deals with by itself is not held against it."""

import pytest

from vela.ops.plan.mending import mended
from vela.ops.plan.steps import Bootstrap, ContinueRollback, DestroyStack, Plan


@pytest.mark.parametrize(
    ("step", "finding"),
    [
        (Bootstrap(), "bootstrap-absent"),
        (Bootstrap(), "bootstrap-too-old"),
        (ContinueRollback(stack="ApiStack"), "stack-update-rollback-failed"),
        (DestroyStack(stack="ApiStack", changes=()), "stack-delete-failed"),
    ],
)
def test_a_first_step_deals_with_its_finding(step, finding):
    assert finding in mended(Plan(steps=(step,), clearing=1))


def test_a_plan_without_steps_deals_with_nothing():
    assert mended(Plan(steps=())) == frozenset()
