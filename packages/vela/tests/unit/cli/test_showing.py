"""A plan without steps says so only where that is the question."""

from vela.cli import plan as planning
from vela.ops.plan.steps import Plan


def test_what_stays_is_all_that_is_shown_of_an_end_without_steps(capsys):
    planning.show(Plan(steps=(), stays=("DatabaseStack: protected",)))

    assert capsys.readouterr().out == "  stays: DatabaseStack: protected\n"
