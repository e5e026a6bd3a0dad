import json

import pytest
from aws_cdk.assertions import Capture, Match

CLUSTER_ARN = "ResourceArn"
API = "vela.api.handler.handler"
MAPPER = "vela.api.role_mapping.handler"


@pytest.fixture
def stack(development):
    return development.assertions("ApiStack")


def function(assembly, handler):
    return next(
        (name.split("/")[1], resource)
        for name, resource in assembly.resources("AWS::Lambda::Function").items()
        if resource["Properties"]["Handler"] == handler
    )


def statements_of(assembly, handler):
    """Every statement of the role of the function with this handler, and its managed policies."""
    _, found = function(assembly, handler)
    role = found["Properties"]["Role"]["Fn::GetAtt"][0]
    policies = assembly.resources("AWS::IAM::Policy").values()
    managed = assembly.template("ApiStack")["Resources"][role]["Properties"]["ManagedPolicyArns"]
    return [
        statement
        for policy in policies
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ], [json.dumps(arn).rpartition("/")[2].rstrip('"]}') for arn in managed]


def test_the_api_function_is_python_3_13_on_arm64_with_a_gigabyte_in_the_isolated_subnets(stack):
    stack.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "FunctionName": "vela-api",
            "Handler": API,
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "MemorySize": 1024,
            "VpcConfig": {
                "SubnetIds": [
                    {"Fn::ImportValue": Match.string_like_regexp("IsolatedSubnet1")},
                    {"Fn::ImportValue": Match.string_like_regexp("IsolatedSubnet2")},
                ],
                "SecurityGroupIds": [
                    {"Fn::ImportValue": Match.string_like_regexp("ApiSecurityGroup")}
                ],
            },
        },
    )


def test_the_api_function_outlives_the_five_seconds_of_its_health_deadline(development):
    _, found = function(development, API)

    assert 5 < found["Properties"]["Timeout"] < 30  # after which the HTTP API gives up


def test_the_api_function_is_told_cluster_role_database_and_secret(development):
    _, found = function(development, API)

    told = found["Properties"]["Environment"]["Variables"]
    assert told.keys() == {
        "DSQL_ENDPOINT",
        "DSQL_CLUSTER_ARN",
        "DSQL_CLUSTER_ID",
        "DSQL_DATABASE_ROLE",
        "DSQL_DATABASE",
        "INTERNAL_SECRET_ARN",
        "DSQL_VPC_ENDPOINT_ID",
        "DSQL_SECURITY_GROUP_ID",
        "DSQL_ROLE_MAPPING",
    }
    assert (told["DSQL_DATABASE_ROLE"], told["DSQL_DATABASE"]) == ("vela_api", "postgres")
    assert set(told["INTERNAL_SECRET_ARN"]) == {"Ref"}


def private_host(development):
    """The host that the cluster's identifier and the endpoint service's fourth label make."""
    exports = development.template("DatabaseStack")["Outputs"]

    def imported(attribute):
        return next(
            {"Fn::ImportValue": output["Export"]["Name"]}
            for output in exports.values()
            if output["Value"].get("Fn::GetAtt", ["", ""])[1] == attribute
        )

    label = {"Fn::Select": [3, {"Fn::Split": [".", imported("VpcEndpointServiceName")]}]}
    return {"Fn::Join": ["", [imported("Identifier"), ".", label, ".us-east-1.on.aws"]]}


def test_the_host_is_the_private_one_of_the_clusters_endpoint_service(development):
    _, found = function(development, API)

    told = found["Properties"]["Environment"]["Variables"]
    assert told["DSQL_ENDPOINT"] == private_host(development)


def test_the_custom_resources_function_is_told_only_what_its_errors_name(development):
    _, found = function(development, MAPPER)

    told = found["Properties"]["Environment"]["Variables"]
    assert told.keys() == {"DSQL_VPC_ENDPOINT_ID", "DSQL_SECURITY_GROUP_ID"}


def test_the_api_function_may_connect_to_the_one_cluster_and_read_the_one_secret(development):
    statements, managed = statements_of(development, API)

    granted = {statement["Action"]: statement["Resource"] for statement in statements}
    assert granted.keys() == {"dsql:DbConnect", "secretsmanager:GetSecretValue"}
    assert CLUSTER_ARN in granted["dsql:DbConnect"]["Fn::ImportValue"]
    assert granted["secretsmanager:GetSecretValue"].keys() == {"Ref"}
    assert managed == ["AWSLambdaVPCAccessExecutionRole"]


def test_only_the_custom_resource_may_connect_as_admin_and_it_may_nothing_else(development):
    statements, managed = statements_of(development, MAPPER)
    holders = [
        name
        for name, policy in development.resources("AWS::IAM::Policy").items()
        if "DbConnectAdmin" in json.dumps(policy)
    ]

    (statement,) = statements
    assert statement["Action"] == "dsql:DbConnectAdmin"
    assert CLUSTER_ARN in statement["Resource"]["Fn::ImportValue"]
    assert managed == ["AWSLambdaVPCAccessExecutionRole"]
    assert len(holders) == 1


def test_the_database_role_is_made_again_for_another_iam_role_or_cluster(development, stack):
    _, api = function(development, API)
    _, mapper = function(development, MAPPER)
    waits = Capture()

    stack.has_resource_properties(
        "Custom::DsqlDatabaseRole",
        {
            "ClusterEndpoint": private_host(development),
            "DatabaseRole": "vela_api",
            "RoleArn": api["Properties"]["Role"],
            "ServiceTimeout": waits,
        },
    )
    assert int(waits.as_string()) > mapper["Properties"]["Timeout"]


def test_the_role_is_mapped_after_its_permission_and_before_the_function_needs_it(development):
    name, mapping = next(iter(development.resources("Custom::DsqlDatabaseRole").items()))
    _, api = function(development, API)

    policies = development.template("ApiStack")["Resources"]
    assert any("DbConnectAdmin" in json.dumps(policies[d]) for d in mapping["DependsOn"])
    told = api["Properties"]["Environment"]["Variables"]
    assert told["DSQL_ROLE_MAPPING"] == {"Ref": name.split("/")[1]}


def test_both_functions_write_json_to_a_group_with_retention_and_no_fixed_name(development):
    for handler in (API, MAPPER):
        _, found = function(development, handler)
        logging = found["Properties"]["LoggingConfig"]
        group = development.template("ApiStack")["Resources"][logging["LogGroup"]["Ref"]]
        assert logging["LogFormat"] == "JSON"
        assert group["Properties"]["RetentionInDays"] == 30
        assert "LogGroupName" not in group["Properties"]


def test_every_log_group_of_the_app_has_a_retention(every):
    for group in every.resources("AWS::Logs::LogGroup").values():
        assert group["Properties"]["RetentionInDays"] == 30


def test_the_secret_is_generated_and_reached_by_its_own_endpoint(stack):
    stack.has_resource_properties(
        "AWS::SecretsManager::Secret",
        {"GenerateSecretString": {"ExcludePunctuation": True, "PasswordLength": 48}},
    )
    stack.has_resource_properties(
        "AWS::EC2::VPCEndpoint",
        {
            "ServiceName": "com.amazonaws.us-east-1.secretsmanager",
            "PrivateDnsEnabled": True,
            "PolicyDocument": {
                "Statement": [
                    {
                        "Action": "secretsmanager:GetSecretValue",
                        "Condition": {"StringEquals": {"aws:PrincipalAccount": "000000000000"}},
                        "Effect": "Allow",
                        "Principal": {"AWS": "*"},
                        "Resource": {"Ref": Match.any_value()},
                    }
                ],
                "Version": "2012-10-17",
            },
        },
    )


def test_the_api_takes_any_method_below_api_and_nothing_else(development):
    routes = development.resources("AWS::ApiGatewayV2::Route").values()

    assert [route["Properties"]["RouteKey"] for route in routes] == ["ANY /api/{proxy+}"]


def test_the_api_is_throttled_and_each_request_a_line_of_json(stack):
    log = Capture()
    stack.has_resource_properties(
        "AWS::ApiGatewayV2::Stage",
        {
            "StageName": "$default",
            "AutoDeploy": True,
            "AccessLogSettings": {"DestinationArn": Match.any_value(), "Format": log},
            "DefaultRouteSettings": {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200},
        },
    )

    line = json.loads(log.as_string())
    assert {"requestId", "status", "method", "path", "responseLatency"} <= line.keys()
    assert not any("header" in value.lower() for value in line.values())
