"""What a plan says of data that a changed template no longer keeps."""

from vela.ops.findings import Severity
from vela.ops.plan.deploying import plan_deploy
from vela.ops.plan.destroying import DestroyOptions, plan_destroy
from vela.ops.plan.situation import API, BUCKET, DATABASE, WEB, Deployed, Situation, Template
from vela.ops.plan.steps import DeployStack

NAME = "vela-web-123456789012"
NOTHING: Template = {"Resources": {}}


def website(policy: str) -> Template:
    bucket = {"Type": BUCKET, "Properties": {"BucketName": NAME}, "DeletionPolicy": policy}
    return {"Resources": {"Bucket": bucket}}


def database(*, protected: bool, **more: object) -> Template:
    properties = {"DeletionProtectionEnabled": protected, **more}
    cluster = {"Type": "AWS::DSQL::Cluster", "Properties": properties, "DeletionPolicy": "Retain"}
    return {"Resources": {"Cluster": cluster}}


def situation(deployed: dict[str, Template], wanted: dict[str, Template]) -> Situation:
    return Situation(
        bootstrapped=True,
        wanted={DATABASE: NOTHING, API: NOTHING, WEB: NOTHING, **wanted},
        deployed={
            name: Deployed(status="CREATE_COMPLETE", template=template)
            for name, template in deployed.items()
        },
        bucket=NAME,
        bucket_objects=3,
    )


def test_a_bucket_that_loses_its_retention_is_warned_of():
    planned = plan_deploy(situation({WEB: website("Retain")}, {WEB: website("Delete")}))

    (finding,) = planned.findings
    assert finding.id == "data-given-up"
    assert finding.severity is Severity.WARNING
    assert NAME in finding.what


def test_only_a_bucket_that_its_template_keeps_is_said_to_stay():
    kept, lost = (
        plan_destroy(situation({WEB: website(policy)}, {}), DestroyOptions())
        for policy in ("Retain", "Delete")
    )

    assert [NAME in text for text in kept.stays] == [True]
    assert lost.stays == ()
    assert [change.detail for change in lost.data_at_risk] == [NAME]


def test_a_bucket_without_a_stack_stays_until_it_is_purged():
    planned = plan_destroy(situation({}, {}), DestroyOptions())

    assert [NAME in text for text in planned.stays] == [True]
    assert planned.steps == ()


def test_lifting_the_protection_shows_all_that_the_checkout_changes_with_it():
    wanted = database(protected=True, Tags=["new"])
    planned = plan_destroy(
        situation({DATABASE: database(protected=True)}, {DATABASE: wanted}),
        DestroyOptions(including_data=True),
    )

    (lifting,) = (step for step in planned.steps if isinstance(step, DeployStack))
    (change,) = lifting.changes
    assert "DeletionProtectionEnabled, Tags" in change.detail
    assert "DeletionPolicy from Retain to Delete" in change.detail
