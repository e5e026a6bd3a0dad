"""Gap: adopting what exists, with its objects and settings, by ``ImportExistingResources``.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
"""

import json

import pytest

TAGGED = {
    "ImportExistingResources": True,
    "Tags": [{"Key": "Project", "Value": "vela"}],
}
PRIVATE = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}


def website(name, policy="RetainExceptOnCreate", **properties):
    return {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": policy,
        "Properties": {"BucketName": name, **properties},
    }


@pytest.fixture
def orphan(aws, fresh):
    """A bucket that no stack owns, with one object, open to the public."""
    name, s3 = fresh(), aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    s3.put_object(Bucket=name, Key="kept.txt", Body=b"kept")
    return name


def content(aws, bucket):
    return aws.client("s3").get_object(Bucket=bucket, Key="kept.txt")["Body"].read()


def test_an_orphaned_bucket_is_adopted_with_its_objects_and_its_settings(
    aws, change_sets, fresh, orphan
):
    stack, s3 = fresh(), aws.client("s3")
    wanted = website(orphan, PublicAccessBlockConfiguration=PRIVATE)

    found = change_sets.create(stack, {"Resources": {"Site": wanted}}, **TAGGED)
    status = change_sets.execute(stack, {"Resources": {"Site": wanted}}, **TAGGED)

    [change] = [change["ResourceChange"] for change in found["Changes"]]
    tags = {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket=orphan)["TagSet"]}
    assert (change["Action"], change["PhysicalResourceId"]) == ("Import", orphan)
    assert status == "CREATE_COMPLETE"
    assert content(aws, orphan) == b"kept"
    assert tags["Project"] == "vela"
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchPublicAccessBlock"):
        s3.get_public_access_block(Bucket=orphan)


def test_an_existing_stack_adopts_beside_its_other_changes(aws, change_sets, orphan):
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {}}
    with aws.deployed({"Resources": {"Group": group}}) as stack:
        more = {"Resources": {"Group": group, "Site": website(orphan), "New": group}}

        found = change_sets.create(stack.name, more, "UPDATE", **TAGGED)
        status = change_sets.execute(stack.name, more, "UPDATE", **TAGGED)

    actions = {
        c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"]["Action"]
        for c in found["Changes"]
    }
    assert (actions["Site"], actions["New"], status) == ("Import", "Add", "UPDATE_COMPLETE")
    assert content(aws, orphan) == b"kept"


def test_what_the_template_does_not_retain_is_not_adopted(change_sets, fresh, orphan):
    found = change_sets.create(
        fresh(), {"Resources": {"Site": website(orphan, "Delete")}}, **TAGGED
    )

    assert found["Status"] == "FAILED"
    assert found["StatusReason"] == (
        "CloudFormation is attempting to import some resources because they already exist in your "
        "account. The resources must have the DeletionPolicy attribute set to 'Retain' or "
        "'RetainExceptOnCreate' in the template for successful import. The affected resources are "
        f"Site ({{BucketName={orphan}}})"
    )


def test_what_another_stack_owns_is_not_adopted(aws, change_sets, fresh):
    name = fresh()
    with aws.deployed({"Resources": {"Theirs": website(name, "Delete")}}) as owner:
        found = change_sets.create(fresh(), {"Resources": {"Site": website(name)}}, **TAGGED)

    assert found["Status"] == "FAILED"
    assert found["StatusReason"].startswith(f"{name} already exists in stack arn:")
    assert owner.name in found["StatusReason"]


def test_a_name_that_is_no_literal_is_not_adopted(change_sets, fresh, orphan):
    template = {
        "Parameters": {"Name": {"Type": "String", "Default": orphan}},
        "Resources": {"Site": website({"Ref": "Name"})},
    }

    found = change_sets.create(fresh(), template, **TAGGED)

    assert "AWS::EarlyValidation::ResourceExistenceCheck" in found["StatusReason"]


def test_a_failed_deployment_gives_an_adopted_bucket_back(aws, change_sets, fresh, orphan):
    refused = {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "DependsOn": "Site",
        "Properties": {"GroupId": "sg-none", "IpProtocol": "-1"},
    }
    template = {"Resources": {"Site": website(orphan), "Refused": refused}}

    status = change_sets.execute(fresh(), template, **TAGGED)

    assert status == "ROLLBACK_COMPLETE"
    assert content(aws, orphan) == b"kept"


def test_drift_tells_the_settings_that_the_import_left(aws, change_sets, fresh, orphan):
    stack, cloudformation = fresh(), aws.client("cloudformation")
    kms = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    wanted = website(
        orphan,
        PublicAccessBlockConfiguration=PRIVATE,
        VersioningConfiguration={"Status": "Enabled"},
        BucketEncryption={"ServerSideEncryptionConfiguration": [kms]},
        Tags=[{"Key": "vela:stack", "Value": stack}],
    )
    change_sets.execute(stack, {"Resources": {"Site": wanted}}, **TAGGED)

    detection = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    ended = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    [drift] = cloudformation.describe_stack_resource_drifts(StackName=stack)["StackResourceDrifts"]

    assert (ended["DetectionStatus"], ended["StackDriftStatus"]) == (
        "DETECTION_COMPLETE",
        "DRIFTED",
    )
    assert drift["StackResourceDriftStatus"] == "MODIFIED"
    algorithm = (
        "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault"
        "/SSEAlgorithm"
    )
    differences = {d["PropertyPath"]: d["ActualValue"] for d in drift["PropertyDifferences"]}
    assert differences == {
        "/PublicAccessBlockConfiguration": "null",
        "/VersioningConfiguration": "null",
        "/Tags/0": "null",
        algorithm: "AES256",
    }


def test_a_bucket_with_the_settings_of_its_template_has_not_drifted(aws, fresh):
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    wanted = website(
        fresh(),
        "Delete",
        PublicAccessBlockConfiguration=PRIVATE,
        VersioningConfiguration={"Status": "Enabled"},
        BucketEncryption={"ServerSideEncryptionConfiguration": [rule]},
        Tags=[{"Key": "vela:stack", "Value": "web"}],
    )
    cloudformation = aws.client("cloudformation")
    with aws.deployed({"Resources": {"Site": wanted}}) as stack:
        cloudformation.detect_stack_drift(StackName=stack.name)
        drifts = cloudformation.describe_stack_resource_drifts(StackName=stack.name)

    assert [d["StackResourceDriftStatus"] for d in drifts["StackResourceDrifts"]] == ["IN_SYNC"]


def test_encryption_under_kms_needs_no_key_of_ours(aws, fresh):
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    encryption = {"ServerSideEncryptionConfiguration": [rule]}
    name, s3 = fresh(), aws.client("s3")
    aws.deploy({"Resources": {"Site": website(name, BucketEncryption=encryption)}})

    # As the CDK CLI writes its assets, having read the bucket's encryption.
    put = s3.put_object(Bucket=name, Key="asset", Body=b"", ServerSideEncryption="aws:kms")

    assert put["ServerSideEncryption"] == "aws:kms"
    assert put["SSEKMSKeyId"].endswith(":alias/aws/s3")


def test_a_change_of_outputs_alone_can_be_executed(aws, change_sets, fresh):
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": fresh()}}
    before = {"Resources": {"Group": group}, "Outputs": {"Said": {"Value": "before"}}}
    with aws.deployed(before) as stack:
        after = {**before, "Outputs": {"Said": {"Value": "after"}}}

        found = change_sets.create(stack.name, after, "UPDATE")
        change_sets.execute(stack.name, after, "UPDATE")
        same = change_sets.create(stack.name, after, "UPDATE")

        assert (found["Changes"], found["ExecutionStatus"]) == ([], "AVAILABLE")
        assert stack.outputs == {"Said": "after"}
        assert same["StatusReason"].startswith("The submitted information didn't contain changes.")


def public(bucket, **condition):
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        **condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("condition", "is_public"),
    [({}, True), ({"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}, False)],
)
def test_the_policy_status_says_whether_everybody_may_read(aws, orphan, condition, is_public):
    s3 = aws.client("s3")
    s3.put_bucket_policy(Bucket=orphan, Policy=public(orphan, **condition))

    found = s3.get_bucket_policy_status(Bucket=orphan)

    assert found["PolicyStatus"]["IsPublic"] is is_public


def test_a_bucket_without_a_policy_has_no_policy_status(aws, orphan):
    s3 = aws.client("s3")

    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy_status(Bucket=orphan)


def test_an_adopted_bucket_with_a_policy_of_its_own_takes_no_other(aws, change_sets, fresh, orphan):
    aws.client("s3").put_bucket_policy(Bucket=orphan, Policy=public(orphan))
    stack, theirs = fresh(), aws.client("s3").get_bucket_policy(Bucket=orphan)["Policy"]
    ours = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": "Site"}, "PolicyDocument": json.loads(public(orphan))},
    }
    resources = {"Site": website(orphan), "Policy": ours}

    status = change_sets.execute(stack, {"Resources": resources}, **TAGGED)

    events = aws.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    reason = f"The bucket policy already exists on bucket {orphan}."
    assert status == "ROLLBACK_COMPLETE"
    assert any(reason in event.get("ResourceStatusReason", "") for event in events)
    assert aws.client("s3").get_bucket_policy(Bucket=orphan)["Policy"] == theirs
    assert content(aws, orphan) == b"kept"
