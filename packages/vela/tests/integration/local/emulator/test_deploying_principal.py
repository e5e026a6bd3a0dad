"""Gaps: what a principal that deploys is refused for: permissions, expiry, throttling.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import json
import time

import boto3
import botocore.config
import pytest

# What doctor, plan, deploy and destroy ask, and the action that each asks for.
ASKED = [
    ("acm:DescribeCertificate", "acm", "describe_certificate", {"CertificateArn": "CERT"}),
    ("cloudformation:DescribeStacks", "cloudformation", "describe_stacks", {}),
    ("cloudformation:DescribeEvents", "cloudformation", "describe_events", {"StackName": "s"}),
    (
        "cloudformation:DescribeStackResources",
        "cloudformation",
        "describe_stack_resources",
        {"StackName": "s"},
    ),
    ("cloudformation:DetectStackDrift", "cloudformation", "detect_stack_drift", {"StackName": "s"}),
    (
        "cloudformation:CreateChangeSet",
        "cloudformation",
        "create_change_set",
        {"StackName": "s", "ChangeSetName": "c", "TemplateBody": "{}"},
    ),
    ("cloudformation:DeleteStack", "cloudformation", "delete_stack", {"StackName": "s"}),
    ("cloudfront:ListDistributions", "cloudfront", "list_distributions", {}),
    (
        "cloudfront:ListConflictingAliases",
        "cloudfront",
        "list_conflicting_aliases",
        {"DistributionId": "E1", "Alias": "a.example"},
    ),
    (
        "cloudfront:ListDomainConflicts",
        "cloudfront",
        "list_domain_conflicts",
        {"Domain": "a.example", "DomainControlValidationResource": {"DistributionId": "E1"}},
    ),
    (
        "cloudfront:AssociateAlias",
        "cloudfront",
        "associate_alias",
        {"TargetDistributionId": "E1", "Alias": "a.example"},
    ),
    ("dsql:ListClusters", "dsql", "list_clusters", {}),
    ("dynamodb:DescribeTable", "dynamodb", "describe_table", {"TableName": "table"}),
    ("ec2:DescribeNetworkInterfaces", "ec2", "describe_network_interfaces", {}),
    (
        "iam:SimulatePrincipalPolicy",
        "iam",
        "simulate_principal_policy",
        {"PolicySourceArn": "arn:aws:iam::123456789012:user/u", "ActionNames": ["s3:ListBucket"]},
    ),
    ("logs:DescribeLogGroups", "logs", "describe_log_groups", {}),
    ("route53:ListHostedZones", "route53", "list_hosted_zones", {}),
    ("s3:ListAllMyBuckets", "s3", "list_buckets", {}),
    ("secretsmanager:ListSecrets", "secretsmanager", "list_secrets", {}),
    (
        "servicequotas:ListServiceQuotas",
        "service-quotas",
        "list_service_quotas",
        {"ServiceCode": "dsql"},
    ),
    ("ssm:GetParameter", "ssm", "get_parameter", {"Name": "/cdk-bootstrap/hnb659fds/version"}),
    ("tag:GetResources", "resourcegroupstaggingapi", "get_resources", {}),
]
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/c8cc55f6-28fa-42a3-bc16-918d1067026b"
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
ONCE = botocore.config.Config(retries={"total_max_attempts": 1})


def allowing(*actions):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Principal:
    """A user, and sessions of it."""

    def __init__(self, aws, name):
        self._aws, self._name = aws, name
        iam = aws.client("iam")
        self.arn = iam.create_user(UserName=name)["User"]["Arn"]
        self._key = iam.create_access_key(UserName=name)["AccessKey"]

    def allow(self, *actions):
        self._aws.client("iam").put_user_policy(
            UserName=self._name, PolicyName="own", PolicyDocument=allowing(*actions)
        )

    def client(self, service, *, session=None, **changes):
        key = session or self._key
        made = boto3.Session(
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=key.get("SessionToken"),
            region_name=self._aws.running.region,
        )
        return made.client(service, endpoint_url=self._aws.running.endpoint_url, **changes)


@pytest.fixture
def principal(aws, fresh):
    return Principal(aws, fresh())


@pytest.mark.parametrize(("action", "service", "operation", "asked"), ASKED)
def test_a_principal_without_the_permission_is_refused_by_name_and_action(
    principal, action, service, operation, asked
):
    principal.allow("sts:GetCallerIdentity")
    asked = {k: CERTIFICATE if v == "CERT" else v for k, v in asked.items()}
    client = principal.client(service)

    with pytest.raises(client.exceptions.ClientError) as refused:
        getattr(client, operation)(**asked)

    error = refused.value.response["Error"]
    text = f"User: {principal.arn} is not authorized to perform: {action}"
    assert error["Code"] in DENIED
    assert error["Message"].startswith(text)
    assert f"because no identity-based policy allows the {action} action" in error["Message"]


def test_a_permission_counts_at_once_and_an_explicit_denial_over_it(aws, principal):
    client = principal.client("cloudformation")
    principal.allow("cloudformation:*")

    assert "StackSummaries" in client.list_stacks()

    denied = {"Effect": "Deny", "Action": "cloudformation:ListStacks", "Resource": "*"}
    aws.client("iam").put_user_policy(
        UserName=principal.arn.rpartition("/")[2],
        PolicyName="boundary",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [denied]}),
    )
    with pytest.raises(client.exceptions.ClientError, match="with an explicit deny"):
        client.list_stacks()


def test_the_simulation_answers_as_the_requests_do(aws, principal):
    principal.allow("cloudformation:DescribeStacks", "iam:SimulatePrincipalPolicy")
    asked = ["cloudformation:DescribeStacks", "cloudformation:CreateChangeSet", "s3:ListBucket"]

    found = principal.client("iam").simulate_principal_policy(
        PolicySourceArn=principal.arn, ActionNames=asked
    )

    decisions = {r["EvalActionName"]: r["EvalDecision"] for r in found["EvaluationResults"]}
    assert decisions == dict(zip(asked, ["allowed", "implicitDeny", "implicitDeny"], strict=True))
    assert "StackSummaries" in aws.client("cloudformation").list_stacks()  # root is refused nothing


@pytest.mark.parametrize("service", ["cloudformation", "dsql", "s3", "sts", "cloudfront"])
def test_an_expired_session_is_told_so(principal, control, service):
    operations = {
        "cloudformation": ("list_stacks", "ExpiredToken"),
        "dsql": ("list_clusters", "ExpiredTokenException"),
        "s3": ("list_buckets", "ExpiredToken"),
        "sts": ("get_caller_identity", "ExpiredToken"),
        "cloudfront": ("list_distributions", "ExpiredToken"),
    }
    operation, code = operations[service]
    principal.allow("*")
    session = principal.client("sts").get_session_token()["Credentials"]
    client = principal.client(service, session=session)
    getattr(client, operation)()
    control.set(f"/sessions/{session['AccessKeyId']}", {"expires_at": 0})
    principal.client("sts").get_session_token()  # what has expired is not forgotten

    with pytest.raises(client.exceptions.ClientError) as refused:
        getattr(client, operation)()

    assert refused.value.response["Error"]["Code"] == code
    assert "expired" in refused.value.response["Error"]["Message"]


def test_a_session_may_expire_later(principal, control):
    principal.allow("*")
    session = principal.client("sts").get_session_token()["Credentials"]

    control.set(f"/sessions/{session['AccessKeyId']}", {"expires_at": time.time() + 600})

    principal.client("sts", session=session).get_caller_identity()


THROTTLED = [
    ("cloudformation:ListStacks", "cloudformation", "list_stacks", "Throttling"),
    ("cloudfront:ListDistributions", "cloudfront", "list_distributions", "Throttling"),
    ("dsql:ListClusters", "dsql", "list_clusters", "ThrottlingException"),
    ("dynamodb:ListTables", "dynamodb", "list_tables", "ThrottlingException"),
    ("ec2:DescribeVpcs", "ec2", "describe_vpcs", "RequestLimitExceeded"),
    ("s3:ListAllMyBuckets", "s3", "list_buckets", "SlowDown"),
    ("ssm:DescribeParameters", "ssm", "describe_parameters", "ThrottlingException"),
]


@pytest.mark.parametrize("throttled", THROTTLED, ids=lambda throttled: throttled[0])
def test_requests_are_throttled_in_the_words_of_the_service(aws, control, throttled):
    action, service, operation, code = throttled
    control.set(f"/throttles/{action}", {"times": 1})
    client = aws.client(service, config=ONCE)

    with pytest.raises(client.exceptions.ClientError) as refused:
        getattr(client, operation)()

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"] == "Rate exceeded"
    getattr(client, operation)()


def test_a_client_that_tries_again_gets_through(aws, control):
    action = "cloudformation:ListStacks"
    control.set(f"/throttles/{action}", {"times": 2})
    patient = botocore.config.Config(retries={"total_max_attempts": 4, "mode": "standard"})

    assert "StackSummaries" in aws.client("cloudformation", config=patient).list_stacks()
    assert control.ask("DELETE", f"/throttles/{action}") == (200, {"times": 0})


def test_what_the_organization_denies_even_root_may_not(aws, control):
    client = aws.client("cloudformation")
    control.set("/denials/cloudformation:ListStacks", {})

    with pytest.raises(client.exceptions.ClientError) as refused:
        client.list_stacks()
    client.describe_stacks()
    control.unset("/denials/cloudformation:ListStacks")

    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert "not authorized to perform: cloudformation:ListStacks" in str(refused.value)
    assert "with an explicit deny in a service control policy" in str(refused.value)
    assert "StackSummaries" in client.list_stacks()
    assert control.ask("DELETE", "/denials/cloudformation:ListStacks")[0] == 404


def test_sessions_end_when_an_action_is_asked_for_and_begin_anew(aws, control):
    clients = [aws.client(service) for service in ("dsql", "cloudformation", "s3")]
    dsql, cloudformation, s3 = clients
    control.set("/expiries/dsql:ListClusters", {})

    s3.list_buckets()
    with pytest.raises(dsql.exceptions.ClientError, match="ExpiredTokenException"):
        dsql.list_clusters()
    with pytest.raises(cloudformation.exceptions.ClientError, match="ExpiredToken"):
        cloudformation.list_stacks()
    with pytest.raises(s3.exceptions.ClientError, match="ExpiredToken"):
        s3.list_buckets()

    assert control.ask("DELETE", "/expiries/dsql:ListClusters") == (200, {"ended": True})
    assert "clusters" in dsql.list_clusters()
    assert control.ask("DELETE", "/expiries/dsql:ListClusters")[0] == 404
