"""Gap: a function reaches a database only if its VPC lets it."""

import pytest

DIAL = """
    import os, socket
    def handler(event, context):
        address = os.environ["PGHOSTADDR"], int(os.environ["PGPORT"])
        try:
            socket.create_connection(address, timeout=1).close()
        except TimeoutError:
            return "timed out"
        return "connected"
    """
FROM, TO = {"Ref": "FunctionGroup"}, {"Ref": "EndpointGroup"}


def rule(kind, group, other, port):
    side = "Source" if kind == "Ingress" else "Destination"
    return {
        "Type": f"AWS::EC2::SecurityGroup{kind}",
        "Properties": {
            "GroupId": group,
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            f"{side}SecurityGroupId": other,
        },
    }


def vpc(*, egress=5432, ingress=5432, endpoint=True, private_dns=True):
    """A VPC as Vela's; each argument takes one thing away that the way needs."""
    group = {
        "GroupDescription": "a group",
        "VpcId": {"Ref": "Vpc"},
        "SecurityGroupEgress": [
            {"IpProtocol": "icmp", "CidrIp": "255.255.255.255/32", "FromPort": 252, "ToPort": 86}
        ],
    }
    resources = {
        "Cluster": {
            "Type": "AWS::DSQL::Cluster",
            "Properties": {"DeletionProtectionEnabled": False},
        },
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.8.1.0/24"},
        },
        "FunctionGroup": {"Type": "AWS::EC2::SecurityGroup", "Properties": group},
        "EndpointGroup": {"Type": "AWS::EC2::SecurityGroup", "Properties": group},
        "Egress": rule("Egress", FROM, TO, egress),
        "Ingress": rule("Ingress", TO, FROM, ingress),
    }
    if endpoint:
        resources["Endpoint"] = {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "VpcEndpointType": "Interface",
                "ServiceName": {"Fn::GetAtt": ["Cluster", "VpcEndpointServiceName"]},
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [TO],
                "PrivateDnsEnabled": private_dns,
            },
        }
    return resources


@pytest.fixture
def dialling(function):
    def template(**missing):
        config = {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [FROM]}
        made = function(
            code=DIAL, properties={"VpcConfig": config, "Timeout": 5}, resources=vpc(**missing)
        )
        return made.template()

    return template


@pytest.mark.parametrize(
    "missing",
    [{"egress": 443}, {"ingress": 443}, {"endpoint": False}, {"private_dns": False}],
    ids=["no egress rule", "no ingress rule", "no endpoint", "no private DNS"],
)
def test_what_the_way_lacks_makes_connections_time_out_until_it_is_there(aws, dialling, missing):
    with aws.deployed(dialling(**missing)) as stack:
        name = stack.outputs["Function"]
        before = aws.invoke(name)
        stack.update(dialling())
        mended = aws.invoke(name)
        stack.update(dialling(**missing))
        after = aws.invoke(name)

    assert [before, mended, after] == ["timed out", "connected", "timed out"]


SECRETS = """
    import os, socket, urllib.parse
    def handler(event, context):
        url = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"])
        try:
            socket.create_connection((url.hostname, url.port), timeout=1).close()
        except TimeoutError:
            return "timed out"
        return "connected"
    """


def test_secrets_manager_is_reached_by_an_endpoint_of_its_own_only(aws, function):
    config = {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [FROM]}
    properties = {"VpcConfig": config, "Timeout": 5}
    without = vpc(egress=443, ingress=443)
    service = {"Fn::Sub": "com.amazonaws.${AWS::Region}.secretsmanager"}
    endpoint = {**without["Endpoint"]["Properties"], "ServiceName": service}
    through = {**without, "Secrets": {**without["Endpoint"], "Properties": endpoint}}

    def template(resources):
        return function(code=SECRETS, properties=properties, resources=resources).template()

    with aws.deployed(template(without)) as stack:
        name = stack.outputs["Function"]
        before = aws.invoke(name)
        stack.update(template(through))

        assert [before, aws.invoke(name)] == ["timed out", "connected"]


def test_the_function_keeps_the_vpc_it_was_given(aws, dialling):
    with aws.deployed(dialling()) as stack:
        config = aws.client("lambda").get_function_configuration(
            FunctionName=stack.outputs["Function"]
        )["VpcConfig"]

    assert config["VpcId"].startswith("vpc-")
    assert len(config["SubnetIds"]) == len(config["SecurityGroupIds"]) == 1


def test_a_function_in_no_vpc_reaches_the_public_endpoint(aws, function):
    with aws.deployed(function(code=DIAL).template()) as stack:
        assert aws.invoke(stack.outputs["Function"]) == "connected"
