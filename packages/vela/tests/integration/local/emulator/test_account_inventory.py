"""Gaps: strangers' buckets, quotas, tags and network interfaces of the account."""

import pytest

TAG = {"Key": "Project", "Value": "vela"}


def test_a_stranger_s_bucket_is_there_and_closed(aws, control, fresh):
    name, s3 = fresh(), aws.client("s3")
    control.set(f"/buckets/{name}", {"account": "111122223333", "region": "eu-west-1"})

    with pytest.raises(s3.exceptions.ClientError) as head:
        s3.head_bucket(Bucket=name)
    with pytest.raises(s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=name)

    assert head.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    control.unset(f"/buckets/{name}")
    s3.create_bucket(Bucket=name)


def test_a_stranger_s_bucket_stops_a_deployment(control, change_sets, fresh):
    name = fresh()
    control.set(f"/buckets/{name}", {"account": "111122223333"})
    bucket = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}
    template = {"Resources": {"Site": {**bucket, "Properties": {"BucketName": name}}}}

    found = change_sets.create(fresh(), template, ImportExistingResources=True)

    assert "ResourceExistenceCheck" in found["StatusReason"]


def test_a_bucket_of_another_region_says_which(aws, fresh):
    name = fresh()
    aws.client("s3", region_name="eu-west-1").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )

    assert aws.client("s3").head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"


def test_the_cluster_quota_is_told_and_kept_to(aws, control, fresh, wait_settled):
    dsql, quotas = aws.client("dsql"), aws.client("service-quotas")
    used = len(dsql.list_clusters()["clusters"])
    [default] = quotas.list_service_quotas(ServiceCode="dsql")["Quotas"]
    control.set("/quotas/clusters", {"limit": used})
    try:
        [lowered] = quotas.list_service_quotas(ServiceCode="dsql")["Quotas"]
        with pytest.raises(dsql.exceptions.ServiceQuotaExceededException) as refused:
            dsql.create_cluster()
        cloudformation, stack = aws.client("cloudformation"), fresh()
        cloudformation.create_stack(
            StackName=stack, TemplateBody='{"Resources": {"C": {"Type": "AWS::DSQL::Cluster"}}}'
        )
        status = wait_settled(cloudformation, stack)
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    finally:
        control.set("/quotas/clusters", {"limit": 20})

    assert (default["Value"], lowered["Value"]) == (20, used)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
    assert status == "ROLLBACK_COMPLETE"
    assert any("Status Code: 402" in e.get("ResourceStatusReason", "") for e in events)


def network(fresh):
    """A VPC with a subnet, a group, an endpoint, and one of whatever else can be tagged."""
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.9.1.0/24"},
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "endpoint", "VpcId": {"Ref": "Vpc"}},
        },
        "Endpoint": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcEndpointType": "Interface",
                "ServiceName": "com.amazonaws.us-east-1.secretsmanager",
                "VpcId": {"Ref": "Vpc"},
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [{"Ref": "Group"}],
            },
        },
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": fresh()}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": fresh()}},
        "Cluster": {"Type": "AWS::DSQL::Cluster", "Properties": {}},
    }


@pytest.fixture
def vpc_stack(aws, fresh, change_sets):
    outputs = {name: {"Value": {"Ref": name}} for name in ("Group", "Vpc", "Endpoint", "Subnet")}
    stack = fresh()
    template = {"Resources": network(fresh), "Outputs": outputs}
    tags = [TAG, {"Key": "vela:stack", "Value": stack}]
    assert change_sets.execute(stack, template, Tags=tags) == "CREATE_COMPLETE"
    yield stack
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName=stack)


def outputs_of(aws, stack):
    [found] = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def test_everything_of_a_stack_is_found_by_its_tag(aws, vpc_stack):
    filters = [{"Key": "vela:stack", "Values": [vpc_stack]}]

    found = aws.client("resourcegroupstaggingapi").get_resources(TagFilters=filters)

    kinds = {
        ":".join((arn.split(":")[2], arn.split(":")[5].split("/")[0]))
        for arn in (mapping["ResourceARN"] for mapping in found["ResourceTagMappingList"])
    }
    assert {kind for kind in kinds if not kind.startswith("s3:")} == {
        *("ec2:vpc", "ec2:subnet", "ec2:security-group", "ec2:vpc-endpoint"),
        *("secretsmanager:secret", "logs:log-group", "dsql:cluster"),
    }
    assert any(kind.startswith("s3:kept-") for kind in kinds)


def interfaces(aws, group):
    return aws.client("ec2").describe_network_interfaces(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )["NetworkInterfaces"]


def test_the_interface_of_an_endpoint_outlives_it_for_as_long_as_is_set(aws, control, vpc_stack):
    made = outputs_of(aws, vpc_stack)
    control.set("/network-interfaces", {"polls": 2})
    try:
        [before] = interfaces(aws, made["Group"])
        cloudformation = aws.client("cloudformation")
        stack_id = cloudformation.describe_stacks(StackName=vpc_stack)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=vpc_stack)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=stack_id, WaiterConfig={"Delay": 0.05}
        )
        after = [interfaces(aws, made["Group"]) for _ in range(3)]
    finally:
        control.set("/network-interfaces", {"polls": 0})

    assert (before["Status"], before["InterfaceType"]) == ("in-use", "vpc_endpoint")
    assert before["Description"] == f"VPC Endpoint Interface {made['Endpoint']}"
    assert (before["SubnetId"], before["VpcId"]) == (made["Subnet"], made["Vpc"])
    assert [[i["Status"] for i in found] for found in after] == [["available"], ["available"], []]


def test_a_function_in_a_vpc_has_an_interface_in_each_subnet(aws, function, vpc_stack):
    made = outputs_of(aws, vpc_stack)
    place = {"SubnetIds": [made["Subnet"]], "SecurityGroupIds": [made["Group"]]}
    code = "def handler(event, context): pass"
    template = function(code=code, properties={"VpcConfig": place}).template()
    with aws.deployed(template) as stack:
        name = stack.outputs["Function"]
        kinds = {i["InterfaceType"]: i["Description"] for i in interfaces(aws, made["Group"])}

    assert kinds["lambda"] == f"AWS Lambda VPC ENI-{name}"
