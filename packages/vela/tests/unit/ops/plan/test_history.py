"""What was deployed before, where no change set names the beginning of the last deployment."""

from datetime import UTC, datetime, timedelta

from vela.ops.plan.history import LastChange, Stored, earlier
from vela.ops.plan.situation import API, DATABASE, WEB, Deployed, Situation

BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def template(stack, text):
    path = {"aws:cdk:path": f"{stack}/Thing"}
    return {"Resources": {"Thing": {"Type": "T", "Metadata": path, "Properties": {"P": text}}}}


def at(seconds):
    return BEGAN + timedelta(seconds=seconds)


def found(*, changed, stored):
    """The stacks that go back, when they are deployed as `now` and were changed and stored then."""
    situation = Situation(
        bootstrapped=True,
        wanted={},
        deployed={
            stack: Deployed(status="UPDATE_COMPLETE", template=template(stack, "now"))
            for stack in changed
        },
    )
    kept = [
        Stored(key=f"{stack}-{text}.json", stored=at(seconds), template=template(stack, text))
        for stack, text, seconds in stored
    ]
    changes = {stack: LastChange(changed=at(seconds)) for stack, seconds in changed.items()}
    return [one.key for one in earlier(situation, kept, changes)]


def test_stacks_that_changed_one_after_the_other_go_back_together():
    stored = [(stack, "before", -600) for stack in (DATABASE, API, WEB)]

    assert found(changed={DATABASE: 0, API: 5, WEB: 12}, stored=stored) == [
        f"{stack}-before.json" for stack in (WEB, API, DATABASE)
    ]


def test_a_change_soon_after_a_deployment_is_a_deployment_of_its_own():
    stored = [(API, "before", 4), (API, "now", 29), (WEB, "now", 11), (DATABASE, "now", -1)]

    assert found(changed={DATABASE: 0, API: 30, WEB: 12}, stored=stored) == [f"{API}-before.json"]
