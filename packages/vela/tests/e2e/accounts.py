"""An account on this machine as the matrix sees it: its clients, its switches, what is in it."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from vela.local import LocalSettings, Running

DOMAIN = "www.example.com"
QUICK = {"Delay": 0.1, "MaxAttempts": 600}
STACKS = ("DatabaseStack", "ApiStack", "VelaStack")


def ignore(_news: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One local cloud."""

    settings: LocalSettings
    running: Running

    @property
    def bucket(self) -> str:
        return f"vela-web-{self.running.account_id}"

    def client(self, service: str) -> Any:
        return _client(
            service,
            self.running.endpoint_url,
            self.running.access_key_id,
            self.running.secret_access_key,
        )

    def switch(self, method: str, path: str, document: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.running.control_url}{path}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {self.running.control_secret}"},
        )
        with urllib.request.urlopen(request, timeout=10) as told:
            return json.load(told)

    @contextmanager
    def switched(self, path: str, document: object) -> Iterator[None]:
        """Hold a switch for the block."""
        self.switch("PUT", path, document)
        try:
            yield
        finally:
            self.switch("DELETE", path)

    def put_status(self, stack: str, status: str) -> None:
        self.switch("PUT", f"/stacks/{stack}/status", {"status": status})

    def statuses(self) -> Mapping[str, str]:
        """Every stack's status but that of CDK's own."""
        described = self.client("cloudformation").describe_stacks()["Stacks"]
        return {
            stack["StackName"]: stack["StackStatus"]
            for stack in described
            if stack["StackName"] != "CDKToolkit"
        }

    def deployed(self, stack: str, resources: Mapping[str, Any]) -> None:
        """Deploy somebody else's stack."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=stack, TemplateBody=json.dumps({"Resources": resources})
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=stack, WaiterConfig=QUICK)

    def remove(self, stack: str) -> None:
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=stack)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stack, WaiterConfig=QUICK)

    def output(self, stack: str, name: str) -> str | None:
        described = self.client("cloudformation").describe_stacks()["Stacks"]
        outputs = {
            o["OutputKey"]: o["OutputValue"]
            for found in described
            if found["StackName"] == stack
            for o in found.get("Outputs", [])
        }
        return outputs.get(name)


@cache
def _client(service: Any, endpoint: str, key: str, secret: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name="us-east-1",
    )


def quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
