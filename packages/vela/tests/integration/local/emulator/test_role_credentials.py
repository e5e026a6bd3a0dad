"""Gaps: a function acts as its own role, and its role's policies are what counts."""

from typing import Any

import boto3
import psycopg
import pytest

WHO_AND_SECRET = """
    import boto3
    def handler(event, context):
        who = boto3.client("sts").get_caller_identity()["Arn"]
        try:
            secret = boto3.client("secretsmanager").get_secret_value(SecretId=event)
        except Exception as error:
            return who, type(error).__name__, str(error)
        return who, "", secret["SecretString"]
    """
CREDENTIALS = """
    import os
    def handler(event, context):
        return {name.lower(): os.environ[name] for name in (
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    """


def reading(secret):
    return {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}


def connecting(cluster):
    return {"Effect": "Allow", "Action": "dsql:DbConnectAdmin", "Resource": cluster}


@pytest.fixture
def secret(aws):
    client = aws.client("secretsmanager")
    arn = client.create_secret(Name="of-a-role", SecretString="told")["ARN"]
    yield arn
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def test_a_function_acts_as_its_role_and_reads_what_the_role_may(aws, function, secret):
    made = function(code=WHO_AND_SECRET, statements=(reading(secret),), properties={"Timeout": 30})

    with aws.deployed(made.template()) as stack:
        name, role = stack.outputs["Function"], stack.outputs["RoleArn"].rpartition("/")[2]
        who, _error, value = aws.invoke(name, secret)

    assert who == f"arn:aws:sts::{aws.running.account_id}:assumed-role/{role}/{name}"
    assert value == "told"


def test_a_function_is_refused_what_its_role_may_not(aws, function, secret):
    made = function(code=WHO_AND_SECRET, properties={"Timeout": 30})

    with aws.deployed(made.template()) as stack:
        _who, error, text = aws.invoke(stack.outputs["Function"], secret)

    assert error == "ClientError"
    assert "AccessDenied" in text


def test_a_role_s_key_needs_its_secret_and_its_token(aws, function):
    with aws.deployed(function(code=CREDENTIALS).template()) as stack:
        own = aws.invoke(stack.outputs["Function"])

        for changed in ("aws_secret_access_key", "aws_session_token"):
            stranger = boto3.client(
                "sts",
                endpoint_url=aws.running.endpoint_url,
                region_name=aws.running.region,
                **{**own, changed: "guessed"},
            )
            with pytest.raises(stranger.exceptions.ClientError) as refused:
                stranger.get_caller_identity()

            assert refused.value.response["Error"]["Code"] in {
                "SignatureDoesNotMatch",
                "InvalidClientTokenId",
            }


class Connecting:
    """Connects to a cluster as a function would, with the credentials that the function got."""

    def __init__(self, aws, stack):
        self.aws = aws
        self.host = stack.outputs["Endpoint"]
        self.name = stack.outputs["Function"]

    def __call__(self):
        own = self.aws.invoke(self.name)
        running = self.aws.running
        signer: Any = boto3.Session(
            aws_access_key_id=own["aws_access_key_id"],
            aws_secret_access_key=own["aws_secret_access_key"],
            aws_session_token=own["aws_session_token"],
            region_name=running.region,
        ).client("dsql", endpoint_url=running.endpoint_url)
        token = signer.generate_db_connect_admin_auth_token(self.host, running.region)
        return psycopg.connect(
            host=self.host,
            hostaddr="127.0.0.1",
            port=running.dsql_port,
            user="admin",
            dbname="postgres",
            password=token,
            sslmode="verify-full",
            sslrootcert=str(running.ca_file),
        )


def with_cluster(function, *statements):
    cluster = {"Type": "AWS::DSQL::Cluster", "Properties": {"DeletionProtectionEnabled": False}}
    return function(
        code=CREDENTIALS,
        statements=statements,
        resources={"Cluster": cluster},
        outputs={"Endpoint": {"Value": {"Fn::GetAtt": ["Cluster", "Endpoint"]}}},
    ).template()


def test_a_policy_taken_away_refuses_the_next_connection_and_leaves_the_open_one(aws, function):
    allowed = connecting({"Fn::GetAtt": ["Cluster", "ResourceArn"]})

    with aws.deployed(with_cluster(function, allowed)) as stack:
        connect = Connecting(aws, stack)
        with connect() as opened:
            stack.update(with_cluster(function))

            with pytest.raises(psycopg.OperationalError, match="access denied"):
                connect()
            assert opened.execute("SELECT 1").fetchone() == (1,)

        stack.update(with_cluster(function, allowed))
        with connect() as again:
            assert again.execute("SELECT 1").fetchone() == (1,)


def test_a_policy_changed_by_the_iam_api_counts_at_once(aws, function):
    with aws.deployed(with_cluster(function)) as stack:
        connect = Connecting(aws, stack)
        role = stack.outputs["RoleArn"].rpartition("/")[2]
        iam = aws.client("iam")
        statement = '{"Effect":"Allow","Action":"dsql:DbConnectAdmin","Resource":"*"}'
        document = f'{{"Version":"2012-10-17","Statement":[{statement}]}}'
        made = iam.create_policy(PolicyName="connecting", PolicyDocument=document)["Policy"]["Arn"]

        with pytest.raises(psycopg.OperationalError, match="access denied"):
            connect()
        iam.attach_role_policy(RoleName=role, PolicyArn=made)
        connect().close()
        iam.detach_role_policy(RoleName=role, PolicyArn=made)
        with pytest.raises(psycopg.OperationalError, match="access denied"):
            connect()
        iam.delete_policy(PolicyArn=made)
