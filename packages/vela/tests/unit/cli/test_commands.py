"""What is planned is what is deployed: the commands take the same options."""

import inspect

from vela.cli import commands

DESCRIBING = {"domain", "certificate", "hosted_zone", "stage", "zones", "context"}


def options(command) -> set[str]:
    return set(inspect.signature(command).parameters)


def test_the_doctor_and_the_plan_are_told_what_a_deployment_is_told():
    told = options(commands.deploy)

    assert told >= DESCRIBING
    assert options(commands.doctor) >= DESCRIBING
    assert options(commands.destroy) >= DESCRIBING
    assert told - options(commands.plan) == {"count", "yes"}
