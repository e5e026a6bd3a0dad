"""A deployment takes a protection away only for a stage that was named, and confirmed."""

import pytest
from conftest import PROJECT

from vela.cli.deploy import confirm_unprotecting, protecting
from vela.cli.lifecycle import Ground
from vela.cli.screen import Steps
from vela.cli.surroundings import Surroundings
from vela.errors import Blocked, NotConfirmed
from vela.local import LocalSettings
from vela.ops.account import Account
from vela.ops.aws import Aws
from vela.ops.facts.clusters import Protection
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.situation import DATABASE, Deployed, Situation, Template
from vela.ops.target import Target

LIFTED = Protection(now=True, planned=False)


def ground(**context: str) -> Ground:
    surroundings = Surroundings(
        target=Target.AWS,
        settings=LocalSettings.of(PROJECT),
        environment={},
        aws=Aws(Account(environment={})),
        context=context,
    )
    return Ground(surroundings=surroundings, running=None, show=Steps())


def cluster(*, protected: bool) -> Template:
    properties = {"DeletionProtectionEnabled": protected}
    return {"Resources": {"Cluster": {"Type": "AWS::DSQL::Cluster", "Properties": properties}}}


@pytest.mark.parametrize("yes", [True, False])
def test_a_forgotten_stage_is_refused_whatever_was_confirmed(yes):
    with pytest.raises(Blocked, match="no stage is named"):
        confirm_unprotecting(ground(), LIFTED, yes=yes)


def test_where_the_cluster_may_not_be_looked_at_its_templates_tell():
    unknown = Unknown(reason="no", action="dsql:GetCluster")
    situation = Situation(
        bootstrapped=True,
        wanted={DATABASE: cluster(protected=False)},
        deployed={
            DATABASE: Deployed(status="CREATE_COMPLETE", template=cluster(protected=True)),
        },
    )

    assert protecting(unknown, situation) == LIFTED
    assert protecting(Protection(now=None, planned=True), situation).now is None


def test_a_named_stage_still_has_to_be_confirmed(monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    with pytest.raises(NotConfirmed):
        confirm_unprotecting(ground(stage="development"), LIFTED, yes=False)

    confirm_unprotecting(ground(stage="development"), LIFTED, yes=True)


@pytest.mark.parametrize(
    "protection",
    [
        Protection(now=True, planned=True),
        Protection(now=False, planned=False),
        Protection(now=None, planned=False),
        Protection(now=True, planned=None),
    ],
)
def test_where_no_protection_goes_nothing_is_asked(protection):
    confirm_unprotecting(ground(), protection, yes=False)
