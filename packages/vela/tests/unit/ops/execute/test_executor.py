"""Every kind of step has somebody who does it."""

from typing import get_args

from vela.ops.execute.executor import DOERS
from vela.ops.plan.steps import Step


def test_every_kind_of_step_has_a_doer():
    assert set(DOERS) == set(get_args(Step))
