"""Gaps: attributes, and rules of security groups that stand apart from their group."""


def test_ref_of_a_secret_is_its_arn_and_reads_the_secret(aws):
    template = {
        "Resources": {
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"GenerateSecretString": {"ExcludePunctuation": True}},
            }
        },
        "Outputs": {"Ref": {"Value": {"Ref": "Secret"}}},
    }

    with aws.deployed(template) as stack:
        arn = stack.outputs["Ref"]
        secret = aws.client("secretsmanager").get_secret_value(SecretId=arn)

    assert arn.startswith("arn:aws:secretsmanager:")
    assert secret["ARN"] == arn


def test_a_secret_keeps_its_arn_when_it_is_updated(aws):
    def template(description):
        properties = {"Description": description, "GenerateSecretString": {}}
        secret = {"Type": "AWS::SecretsManager::Secret", "Properties": properties}
        return {"Resources": {"S": secret}, "Outputs": {"Ref": {"Value": {"Ref": "S"}}}}

    with aws.deployed(template("one")) as stack:
        before = stack.outputs["Ref"]
        stack.update(template("two"))
        described = aws.client("secretsmanager").describe_secret(SecretId=before)

        assert stack.outputs["Ref"] == before
        assert described["Description"] == "two"


def test_point_in_time_recovery_reads_back_as_declared(aws):
    def table(name, *, recovery):
        return {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery},
            },
        }

    tables = {"On": table("with", recovery=True), "Off": table("without", recovery=False)}

    with aws.deployed({"Resources": tables}):
        dynamodb = aws.client("dynamodb")
        found = {
            name: dynamodb.describe_continuous_backups(TableName=name)[
                "ContinuousBackupsDescription"
            ]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
            for name in ("with", "without")
        }

    assert found == {"with": "ENABLED", "without": "DISABLED"}


def test_rules_apart_from_their_group_come_and_go_with_their_resources(aws):
    def template(port):
        group = {"GroupDescription": "a group", "VpcId": {"Ref": "Vpc"}}
        peers = {"GroupId": {"Ref": "One"}, "IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        resources = {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
            "One": {"Type": "AWS::EC2::SecurityGroup", "Properties": group},
            "Two": {"Type": "AWS::EC2::SecurityGroup", "Properties": group},
            "Egress": {
                "Type": "AWS::EC2::SecurityGroupEgress",
                "Properties": {**peers, "DestinationSecurityGroupId": {"Ref": "Two"}},
            },
        }
        if port:
            resources["Ingress"] = {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {**peers, "SourceSecurityGroupId": {"Ref": "Two"}},
            }
        outputs = {
            "One": {"Value": {"Ref": "One"}},
            "Range": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}},
        }
        return {"Resources": resources, "Outputs": outputs}

    def rules(stack):
        described = aws.client("ec2").describe_security_groups(GroupIds=[stack.outputs["One"]])
        group = described["SecurityGroups"][0]
        return [
            {r["FromPort"] for r in group[direction] if "FromPort" in r}
            for direction in ("IpPermissions", "IpPermissionsEgress")
        ]

    with aws.deployed(template(5432)) as stack:
        assert stack.outputs["Range"] == "10.9.0.0/16"
        assert rules(stack) == [{5432}, {5432}]

        stack.update(template(5433))
        assert rules(stack) == [{5433}, {5433}]

        stack.update(template(0))
        assert rules(stack) == [set(), {0}]


def test_a_flow_log_is_recorded(aws):
    properties = {
        "ResourceId": {"Ref": "Vpc"},
        "ResourceType": "VPC",
        "TrafficType": "REJECT",
        "LogGroupName": "rejected",
    }
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
        "Log": {"Type": "AWS::EC2::FlowLog", "Properties": properties},
    }

    with aws.deployed({"Resources": resources, "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}}}}) as s:
        found = aws.client("ec2").describe_flow_logs()["FlowLogs"]

        assert [(f["ResourceId"], f["TrafficType"]) for f in found] == [
            (s.outputs["Vpc"], "REJECT")
        ]
