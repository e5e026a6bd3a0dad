import pytest
from aws_cdk.assertions import Match


def key(*names, number=()):
    schema = [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]
    types = {name: "N" if name in number else "S" for name in names}
    return schema, types


TABLES = {
    "vela-chat-history": (
        key("ThreadId", "Timestamp", number=("Timestamp",)),
        ("UserIdIndex", key("UserId", "Timestamp", number=("Timestamp",))),
    ),
    "vela-profiles": (key("user_id"), None),
    "vela-vocabulary": (key("id"), None),
    "vela-sentences": (key("id"), None),
    "vela-game-sessions": (key("user_id", "session_id"), None),
    "vela-daily-progress": (key("user_id", "date"), None),
    "vela-saved-sentences": (key("user_id", "sentence_id"), None),
    "vela-tts-settings": (key("user_id"), None),
    "vela-user-vocabulary-progress": (
        key("user_id", "vocabulary_id"),
        ("NextReviewDateIndex", key("user_id", "next_review_date")),
    ),
}


def tables(assembly):
    found = assembly.resources("AWS::DynamoDB::Table").values()
    return {table["Properties"]["TableName"]: table for table in found}


def only(found):
    (one,) = found.values()
    return one


def test_there_are_the_nine_tables_and_no_other(development):
    assert tables(development).keys() == TABLES.keys()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_its_keys_and_index(name, development):
    (schema, types), index = TABLES[name]

    properties = tables(development)[name]["Properties"]

    defined = {a["AttributeName"]: a["AttributeType"] for a in properties["AttributeDefinitions"]}
    assert properties["KeySchema"] == schema
    if index is None:
        assert "GlobalSecondaryIndexes" not in properties
        assert defined == types
    else:
        index_name, (index_schema, index_types) = index
        assert properties["GlobalSecondaryIndexes"] == [
            {
                "IndexName": index_name,
                "KeySchema": index_schema,
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
        assert defined == types | index_types


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_on_demand_encrypted_and_recoverable_to_any_second(name, production):
    properties = tables(production)[name]["Properties"]

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("type_", ["AWS::DynamoDB::Table", "AWS::DSQL::Cluster"])
def test_production_data_refuse_deletion_and_outlive_their_stack(type_, production):
    for resource in production.resources(type_).values():
        assert resource["Properties"]["DeletionProtectionEnabled"] is True
        assert resource["DeletionPolicy"] == "Retain"
        assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("type_", ["AWS::DynamoDB::Table", "AWS::DSQL::Cluster"])
def test_development_data_go_with_their_stack(type_, development):
    for resource in development.resources(type_).values():
        assert resource["Properties"]["DeletionProtectionEnabled"] is False
        assert resource["DeletionPolicy"] == "Delete"
        assert resource["UpdateReplacePolicy"] == "Delete"


def test_the_stage_changes_protection_and_nothing_else_of_the_data(development, production):
    policies = {"DeletionPolicy", "UpdateReplacePolicy"}

    def shape(assembly, type_):
        return {
            name: {
                "Properties": {
                    key: value
                    for key, value in resource["Properties"].items()
                    if key not in {"DeletionProtectionEnabled", "Tags"}
                },
                **{k: v for k, v in resource.items() if k not in {"Properties", *policies}},
            }
            for name, resource in assembly.resources(type_).items()
        }

    for type_ in ("AWS::DynamoDB::Table", "AWS::DSQL::Cluster"):
        assert shape(development, type_) == shape(production, type_)


def test_there_is_one_cluster_with_a_name_and_no_pinned_engine(development):
    properties = only(development.resources("AWS::DSQL::Cluster"))["Properties"]

    assert {"Key": "Name", "Value": "vela"} in properties["Tags"]
    assert properties.keys() == {"DeletionProtectionEnabled", "Tags"}


def test_the_network_is_two_isolated_subnets_in_two_named_zones(development):
    subnets = development.resources("AWS::EC2::Subnet").values()

    assert [s["Properties"]["AvailabilityZone"] for s in subnets] == ["us-east-1a", "us-east-1b"]
    assert not any(s["Properties"]["MapPublicIpOnLaunch"] for s in subnets)
    for way_out in ("NatGateway", "InternetGateway", "EgressOnlyInternetGateway", "Route", "EIP"):
        assert development.resources(f"AWS::EC2::{way_out}") == {}


def test_the_cluster_is_reached_by_its_own_endpoint_service_with_private_dns(development):
    development.assertions("DatabaseStack").has_resource_properties(
        "AWS::EC2::VPCEndpoint",
        {
            "VpcEndpointType": "Interface",
            "ServiceName": {"Fn::GetAtt": [Match.any_value(), "VpcEndpointServiceName"]},
            "PrivateDnsEnabled": True,
            "SubnetIds": [Match.any_value(), Match.any_value()],
            "SecurityGroupIds": [Match.any_value()],
        },
    )


def test_dynamodb_and_s3_have_gateway_endpoints_in_every_route_table(development):
    gateways = [
        endpoint["Properties"]
        for endpoint in development.resources("AWS::EC2::VPCEndpoint").values()
        if endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    ]
    tables_of_routes = len(development.resources("AWS::EC2::RouteTable"))

    services = sorted(g["ServiceName"]["Fn::Join"][1][-1] for g in gateways)
    assert services == [".dynamodb", ".s3"]
    assert all(len(g["RouteTableIds"]) == tables_of_routes == 2 for g in gateways)


def test_the_s3_gateway_admits_answers_to_cloudformation_and_nothing_else(development):
    development.assertions("DatabaseStack").has_resource_properties(
        "AWS::EC2::VPCEndpoint",
        {
            "VpcEndpointType": "Gateway",
            "PolicyDocument": {
                "Statement": [
                    {
                        "Action": "s3:PutObject",
                        "Effect": "Allow",
                        "Principal": {"AWS": "*"},
                        "Resource": "arn:aws:s3:::cloudformation-custom-resource-response-useast1/*",
                    }
                ],
                "Version": "2012-10-17",
            },
        },
    )


def group_of(assembly, described):
    return next(
        name.split("/")[1]
        for name, group in assembly.resources("AWS::EC2::SecurityGroup").items()
        if described in group["Properties"]["GroupDescription"]
    )


def test_one_rule_leads_to_the_cluster_postgresql_from_the_api_functions(development):
    endpoint, api = (group_of(development, text) for text in ("Aurora DSQL", "API functions"))
    into = [
        rule["Properties"]
        for rule in development.resources("AWS::EC2::SecurityGroupIngress").values()
        if endpoint in str(rule["Properties"]["GroupId"])
    ]
    inside = development.template("DatabaseStack")["Resources"][endpoint]["Properties"]

    assert into == [
        {
            "Description": "PostgreSQL to Aurora DSQL",
            "GroupId": {"Fn::GetAtt": [endpoint, "GroupId"]},
            "SourceSecurityGroupId": {"Fn::GetAtt": [api, "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
        }
    ]
    assert "SecurityGroupIngress" not in inside


def test_the_api_functions_reach_s3_the_cluster_and_the_secret_and_nothing_else(development):
    api = group_of(development, "API functions")
    group = development.template("DatabaseStack")["Resources"][api]["Properties"]
    outside = [
        (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"])
        for rule in development.resources("AWS::EC2::SecurityGroupEgress").values()
        if api in str(rule["Properties"]["GroupId"])
    ]

    # A group without a rule inside may be left with AWS's default one: everything out.
    assert group["SecurityGroupEgress"] == [
        {
            "Description": "Answers to CloudFormation go to Amazon S3",
            "DestinationPrefixListId": "pl-63a5400a",
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
        }
    ]
    assert "SecurityGroupIngress" not in group
    assert sorted(outside) == [(443, 443), (5432, 5432)]


def test_no_rule_of_any_group_names_an_address_range(development):
    allowed = {"255.255.255.255/32"}  # CDK's way to say "nothing"
    for group in development.resources("AWS::EC2::SecurityGroup").values():
        rules = group["Properties"].get("SecurityGroupEgress", [])
        assert {rule["CidrIp"] for rule in rules if "CidrIp" in rule} <= allowed
    for kind in ("Ingress", "Egress"):
        for rule in development.resources(f"AWS::EC2::SecurityGroup{kind}").values():
            assert not {"CidrIp", "CidrIpv6"} & rule["Properties"].keys()


def test_rejected_packets_are_logged_in_production(production, development):
    log = only(production.resources("AWS::EC2::FlowLog"))["Properties"]

    assert log["TrafficType"] == "REJECT"
    assert development.resources("AWS::EC2::FlowLog") == {}
