"""One local cloud for these tests, driven as a user would: by boto3 and CloudFormation."""

import io
import json
import textwrap
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.exceptions
import pytest

from vela.local import Running

QUICK = {"Delay": 0.1, "MaxAttempts": 600}
LAMBDA_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack."""

    name: str
    clients: "Aws"

    @property
    def outputs(self) -> dict[str, str]:
        described = self.clients.client("cloudformation").describe_stacks(StackName=self.name)
        return {o["OutputKey"]: o["OutputValue"] for o in described["Stacks"][0].get("Outputs", [])}

    def update(self, template: Mapping[str, Any]) -> None:
        cloudformation = self.clients.client("cloudformation")
        cloudformation.update_stack(
            StackName=self.name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        waiter = cloudformation.get_waiter("stack_update_complete")
        waiter.wait(StackName=self.name, WaiterConfig=QUICK)

    def delete(self) -> None:
        cloudformation = self.clients.client("cloudformation")
        cloudformation.delete_stack(StackName=self.name)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=self.name, WaiterConfig=QUICK)

    def failures(self) -> list[str]:
        events = self.clients.client("cloudformation").describe_stack_events(StackName=self.name)
        return [
            event["ResourceStatusReason"]
            for event in events["StackEvents"]
            if event["ResourceStatus"].endswith("_FAILED")
        ]


@dataclass(frozen=True, slots=True)
class Aws:
    """The local cloud by boto3."""

    running: Running

    def client(self, service: str, **changes: Any) -> Any:
        session = boto3.Session(
            aws_access_key_id=self.running.access_key_id,
            aws_secret_access_key=self.running.secret_access_key,
            region_name=self.running.region,
        )
        return session.client(service, endpoint_url=self.running.endpoint_url, **changes)  # type: ignore[call-overload]  # any service

    def deploy(self, template: Mapping[str, Any]) -> Stack:
        name = f"stack-{uuid.uuid4().hex[:12]}"
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        stack = Stack(name, self)
        try:
            waiter = cloudformation.get_waiter("stack_create_complete")
            waiter.wait(StackName=name, WaiterConfig=QUICK)
        except botocore.exceptions.WaiterError as error:
            raise AssertionError(stack.failures()) from error
        return stack

    @contextmanager
    def deployed(self, template: Mapping[str, Any]) -> Iterator[Stack]:
        stack = self.deploy(template)
        try:
            yield stack
        finally:
            stack.delete()

    def invoke(self, function: str, event: object = None) -> Any:
        """Invoke a function and return its answer, or the error it raised."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())


@pytest.fixture(scope="session")
def aws(local_cloud: Running) -> Aws:
    return Aws(local_cloud)


@pytest.fixture
def aws_of() -> Callable[[Running], Aws]:
    """The clients of a cloud that the test itself has started."""
    return Aws


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTemplate:
    """A template with one Python function, its role, and what a test adds."""

    code: str
    statements: tuple[Mapping[str, Any], ...] = ()
    properties: Mapping[str, Any] | None = None
    resources: Mapping[str, Any] | None = None
    outputs: Mapping[str, Any] | None = None

    def template(self) -> dict[str, Any]:
        policy = {"Version": "2012-10-17", "Statement": list(self.statements)}
        named = {"PolicyName": "own", "PolicyDocument": policy}
        return {
            "Resources": {
                "Role": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {
                        "AssumeRolePolicyDocument": LAMBDA_TRUST,
                        "Policies": [named] if self.statements else [],
                    },
                },
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Runtime": "python3.13",
                        "Handler": "index.handler",
                        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                        "Code": {"ZipFile": textwrap.dedent(self.code)},
                        **(self.properties or {}),
                    },
                },
                **(self.resources or {}),
            },
            "Outputs": {
                "Function": {"Value": {"Ref": "Function"}},
                "RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
                **(self.outputs or {}),
            },
        }


def settled(cloudformation: Any, stack: str) -> str:
    """Wait until no operation runs on the stack, and return its status."""
    while True:
        status: str = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        if status == "REVIEW_IN_PROGRESS" or not status.endswith("_IN_PROGRESS"):
            return status


@pytest.fixture
def wait_settled() -> Callable[[Any, str], str]:
    return settled


@dataclass(frozen=True, slots=True)
class Control:
    """The local cloud's own switches."""

    running: Running

    def ask(
        self, method: str, path: str, document: object = None, *, secret: str | None = None
    ) -> tuple[int, Any]:
        """Make one request and return its status and its answer."""
        given = self.running.control_secret if secret is None else secret
        request = urllib.request.Request(
            f"{self.running.control_url}{path}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {given}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())

    def set(self, path: str, document: object) -> Any:
        """Set something, which is to succeed."""
        status, answer = self.ask("PUT", path, document)
        assert status == 200, answer
        return answer

    def unset(self, path: str) -> None:
        """Forget what was set."""
        self.ask("DELETE", path)


@pytest.fixture(scope="session")
def control(local_cloud: Running) -> Control:
    return Control(local_cloud)


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of a test's own, with an issued certificate for it and one label below it."""

    zone: str
    certificate: str

    @property
    def www(self) -> str:
        return f"www.{self.zone}"


@pytest.fixture
def domain(aws: Aws) -> Domain:
    zone = f"{uuid.uuid4().hex[:10]}.example"
    requested = aws.client("acm").request_certificate(
        DomainName=zone, SubjectAlternativeNames=[f"*.{zone}"], ValidationMethod="DNS"
    )
    return Domain(zone, requested["CertificateArn"])


@dataclass(frozen=True, slots=True)
class ChangeSets:
    """Change sets of the local cloud, each the only one of its stack."""

    aws: Aws

    def create(
        self, stack: str, template: Mapping[str, Any], kind: str = "CREATE", **options: Any
    ) -> Any:
        """Create a change set and return how it ends."""
        cloudformation = self.aws.client("cloudformation")
        made = cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=f"change-{uuid.uuid4().hex[:8]}",
            ChangeSetType=kind,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **options,
        )
        return cloudformation.describe_change_set(ChangeSetName=made["Id"], StackName=stack)

    def execute(
        self, stack: str, template: Mapping[str, Any], kind: str = "CREATE", **options: Any
    ) -> str:
        """Create and execute a change set, and return the status the stack ends in."""
        found = self.create(stack, template, kind, **options)
        assert found["Status"] == "CREATE_COMPLETE", found["StatusReason"]
        cloudformation = self.aws.client("cloudformation")
        cloudformation.execute_change_set(ChangeSetName=found["ChangeSetId"], StackName=stack)
        return settled(cloudformation, stack)


@pytest.fixture
def change_sets(aws: Aws) -> ChangeSets:
    return ChangeSets(aws)


@pytest.fixture
def fresh() -> Callable[[], str]:
    """Make names that nothing has yet, good for buckets, tables, log groups and stacks."""
    return lambda: f"kept-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def function() -> type[FunctionTemplate]:
    return FunctionTemplate


def zipped(files: Mapping[str, str]) -> bytes:
    """Pack *files* as an asset."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def zip_of() -> Callable[[Mapping[str, str]], bytes]:
    return zipped


@pytest.fixture
def home(new_home):
    """A project root of its own, with nothing running in the end."""
    made = new_home()
    yield made
    made.cloud.purge()
