"""Deploy, destroy and rollback by the commands a user runs, on the traps that are real."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lifecycle"), pytest.mark.timeout(600)]

DEPLOY = ("deploy", "--count", "1", "--yes")
DESTROY = ("destroy", "--yes")


@pytest.fixture
def deployed(account):
    account.vela(*DEPLOY)
    return account


def test_what_is_deployed_plans_nothing(deployed):
    assert deployed.plan()["steps"] == []


def test_a_bucket_that_outlived_its_stack_is_taken_in_with_its_objects_and_closed(deployed):
    deployed.put("mine.txt")
    deployed.vela(*DESTROY)
    deployed.client("s3").delete_public_access_block(Bucket=deployed.bucket)
    planned = [s for s in deployed.plan()["steps"] if s.get("import_existing")]

    deployed.vela(*DEPLOY)

    assert [
        c["action"] for s in planned for c in s["changes"] if c["type"] == "AWS::S3::Bucket"
    ] == ["imported"]
    assert deployed.holds("mine.txt")
    block = deployed.client("s3").get_public_access_block(Bucket=deployed.bucket)
    assert set(block["PublicAccessBlockConfiguration"].values()) == {True}
    assert deployed.plan()["steps"] == []


def test_a_destroyed_platform_leaves_its_bucket_and_nothing_else(deployed):
    deployed.vela(*DESTROY)

    assert deployed.stacks() == {}
    found = deployed.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "Project", "Values": ["vela"]}]
    )
    # The tagging API goes on naming tables that are gone.
    tagged = {r["ResourceARN"] for r in found["ResourceTagMappingList"]}
    left = {arn for arn in tagged if ":table/" not in arn}
    assert deployed.client("dynamodb").list_tables()["TableNames"] == []
    assert left <= {f"arn:aws:s3:::{deployed.bucket}"}


def test_nothing_goes_without_a_word_from_a_person_or_a_script(deployed):
    done = deployed.vela("destroy", check=False)

    assert done.returncode == 2
    assert "E504" in done.stderr
    assert "Traceback" not in done.stderr
    assert set(deployed.stacks()) == {"DatabaseStack", "ApiStack", "VelaStack"}


def test_a_purged_bucket_is_gone_with_its_objects(deployed):
    deployed.vela(*DESTROY, "--web-bucket", "purge")

    names = [b["Name"] for b in deployed.client("s3").list_buckets()["Buckets"]]
    assert deployed.bucket not in names


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_an_empty_stack_that_holds_the_name_is_removed_and_made_anew(account, status):
    account.vela(*DESTROY)
    account.switch("PUT", "/stacks/VelaStack/status", {"status": status})

    account.vela(*DEPLOY)

    assert set(account.stacks().values()) <= {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "IMPORT_COMPLETE",
    }
    assert account.plan()["steps"] == []


def test_a_failed_rollback_is_finished_and_the_deployment_goes_on(deployed):
    deployed.switch("PUT", "/stacks/ApiStack/status", {"status": "UPDATE_ROLLBACK_FAILED"})

    deployed.vela(*DEPLOY)

    assert deployed.plan()["steps"] == []


def test_protected_data_outlive_a_destruction_that_does_not_name_them(account):
    account.vela(*DEPLOY, "--stage", "production")

    account.vela(*DESTROY, "--stage", "production")
    kept = account.stacks()
    account.vela(*DESTROY, "--stage", "production", "--including-data")

    assert set(kept) == {"DatabaseStack"}
    assert account.stacks() == {}
    assert account.client("dsql").list_clusters()["clusters"] == []


def test_a_rollback_goes_back_to_what_was_deployed_before(deployed):
    done = deployed.vela("rollback", "--dry-run", check=False)

    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 2} or "E508" in done.stderr
