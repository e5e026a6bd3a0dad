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


@pytest.mark.parametrize(("direction", "group"), [("ingress", 1), ("egress", 0)])
@pytest.mark.parametrize("described", [True, False], ids=["as described", "by its meaning"])
def test_a_rule_revoked_by_the_api_cuts_the_way(aws, dialling, direction, group, described):
    ec2 = aws.client("ec2")
    template = dialling()
    groups = {name: {"Value": {"Ref": name}} for name in ("FunctionGroup", "EndpointGroup")}
    template["Outputs"].update(groups)
    for kind in ("Ingress", "Egress"):
        template["Resources"][kind]["Properties"]["Description"] = "why it is there"
    with aws.deployed(template) as stack:
        names = stack.outputs["FunctionGroup"], stack.outputs["EndpointGroup"]
        found = ec2.describe_security_groups(GroupIds=[names[group]])["SecurityGroups"][0]
        listed = found["IpPermissions" if direction == "ingress" else "IpPermissionsEgress"]
        rule = next(each for each in listed if each["IpProtocol"] == "tcp")
        meaning = {
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "UserIdGroupPairs": [{"GroupId": names[1 - group]}],
        }
        permissions = [rule] if described else [meaning]
        revoke = getattr(ec2, f"revoke_security_group_{direction}")
        before = aws.invoke(stack.outputs["Function"])

        answer = revoke(GroupId=names[group], IpPermissions=permissions)

        assert answer["Return"]
        assert [each["FromPort"] for each in answer["RevokedSecurityGroupRules"]] == [5432]
        assert [before, aws.invoke(stack.outputs["Function"])] == ["connected", "timed out"]
        with pytest.raises(ec2.exceptions.ClientError, match=r"InvalidPermission\.NotFound"):
            revoke(GroupId=names[group], IpPermissions=permissions)


def test_one_of_the_peers_of_a_rule_is_revoked_and_the_others_stay(aws):
    ec2 = aws.client("ec2")
    group = ec2.create_security_group(GroupName="peers", Description="peers")["GroupId"]
    try:
        both = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
        ranges = [{"CidrIp": "10.0.0.0/8", "Description": "one"}, {"CidrIp": "10.1.0.0/16"}]
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{**both, "IpRanges": ranges}]
        )
        absent = {**both, "IpRanges": [ranges[0], {"CidrIp": "10.9.0.0/16"}]}
        with pytest.raises(ec2.exceptions.ClientError, match=r"InvalidPermission\.NotFound"):
            ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[absent])
        with pytest.raises(ec2.exceptions.ClientError, match="MissingParameter"):
            ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[both])

        ec2.revoke_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=1, ToPort=2, CidrIp="10.0.0.0/8"
        )

        found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        kept = [each["CidrIp"] for rule in found["IpPermissions"] for each in rule["IpRanges"]]
        assert kept == ["10.1.0.0/16"]
    finally:
        ec2.delete_security_group(GroupId=group)


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
