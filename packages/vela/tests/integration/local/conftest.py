"""One local cloud for these tests, driven as a user would: by boto3 and CloudFormation."""

import io
import json
import textwrap
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
