"""Gap: a bucket that outlived its stack is adopted by the next one, on request only."""

import json
import uuid

import pytest

QUICK = {"Delay": 0.1, "MaxAttempts": 300}


@pytest.fixture
def template():
    bucket = {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "Properties": {"BucketName": f"outlives-{uuid.uuid4().hex[:12]}"},
    }
    return {"Resources": {"Bucket": bucket}}


@pytest.fixture
def outlived(aws, template):
    """The name of a bucket whose stack is gone."""
    aws.deploy(template).delete()
    name = template["Resources"]["Bucket"]["Properties"]["BucketName"]
    aws.client("s3").put_object(Bucket=name, Key="kept", Body=b"1")
    return name


def test_a_bucket_that_exists_stops_a_deployment(aws, template, outlived):
    with pytest.raises(AssertionError):
        aws.deploy(template)

    assert aws.client("s3").get_object(Bucket=outlived, Key="kept")["Body"].read() == b"1"


def test_an_import_of_existing_resources_adopts_it_with_what_it_holds(aws, template, outlived):
    cloudformation = aws.client("cloudformation")
    name = f"adopts-{uuid.uuid4().hex[:12]}"
    change = {"StackName": name, "ChangeSetName": "adopt"}
    cloudformation.create_change_set(
        **change,
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(template),
        ImportExistingResources=True,
    )
    cloudformation.get_waiter("change_set_create_complete").wait(**change, WaiterConfig=QUICK)
    cloudformation.execute_change_set(**change)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=QUICK)

    resource = cloudformation.describe_stack_resources(StackName=name)["StackResources"][0]
    assert resource["PhysicalResourceId"] == outlived
    assert aws.client("s3").get_object(Bucket=outlived, Key="kept")["Body"].read() == b"1"
