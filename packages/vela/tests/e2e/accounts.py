"""An account on this machine as the matrix sees it: states are set, looked at, and undone."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3

from vela.cli.lifecycle import require_unblocked
from vela.cli.plan import unmended
from vela.cli.surroundings import Surroundings
from vela.errors import Blocked, PlanImpossible
from vela.local import LocalSettings, Running
from vela.ops.account import Account as Credentials
from vela.ops.aws import Aws
from vela.ops.doctor import diagnose
from vela.ops.facts.planned import Planned
from vela.ops.plan.deploying import plan_deploy
from vela.ops.plan.destroying import DestroyOptions, plan_destroy
from vela.ops.plan.looking import look
from vela.ops.plan.steps import EmptyBucket, Step
from vela.ops.target import Target

DOMAIN = "www.example.com"
QUICK = {"Delay": 0.1, "MaxAttempts": 600}
HANDLE = {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}


def ignore(_news: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What doctor, deploy and destroy make of one state.

    Attributes:
        findings: Ids of the doctor's.
        deploy: `goes`, `blocked` or `impossible`.
        destroy: The same.
        first: The kinds of the deployment's first steps, those that clear the way.
        steps: Of the deployment.

    """

    findings: frozenset[str]
    deploy: str
    destroy: str
    first: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One local cloud, and what would be deployed to it."""

    settings: LocalSettings
    running: Running
    planned: Planned
    aws: Aws

    def asking(self, credentials: Mapping[str, str] | None, *, anew: bool) -> Aws:
        """Clients without a record: those of every look, which take a second to make, or new ones."""
        if credentials or anew:
            environment = {**self.running.environment, **(credentials or {})}
            return Aws(Credentials(environment=environment), attempts=2)
        self.aws._calls.clear()
        return self.aws

    @property
    def bucket(self) -> str:
        return self.planned.bucket

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.running.endpoint_url,
            aws_access_key_id=self.running.access_key_id,
            aws_secret_access_key=self.running.secret_access_key,
            region_name=self.running.region,
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

    def look(
        self,
        *,
        domain: str | None = None,
        certificate: str | None = None,
        credentials: Mapping[str, str] | None = None,
        me: str | None = None,
        anew: bool = False,
    ) -> Verdict:
        """Gather every fact once, as each command does, and let all three judge it."""
        told = {"domain": domain, "certificate": certificate}
        around = Surroundings.of(
            self.settings,
            target=Target.LOCAL,
            context={name: value for name, value in told.items() if value},
        )
        planned = named(self.planned, domain, certificate) if domain else self.planned
        aws = self.asking(credentials, anew=anew)
        inquiry = replace(around.inquiry(ignore), planning=lambda _account: planned)
        diagnosis = diagnose(aws, inquiry)
        assert diagnosis.repeated == ()
        findings = frozenset(finding.id for finding in diagnosis.findings) - {"node-ended"}
        try:
            situation = look(aws, diagnosis.facts, me=me)
        except PlanImpossible:
            return Verdict(findings=findings, deploy="impossible", destroy="impossible")
        deploying = plan_deploy(situation)
        destroying = plan_destroy(situation, DestroyOptions())
        assert not [step for step in (*deploying.steps, *destroying.steps) if empties(step)]
        return Verdict(
            findings=findings,
            deploy=verdict(unmended(deploying, diagnosis.findings)),
            destroy=verdict(destroying.findings),
            first=tuple(type(step).__name__ for step in deploying.steps[: deploying.clearing]),
            steps=deploying.steps,
        )

    @contextmanager
    def stack(self, name: str, status: str) -> Iterator[None]:
        """Hold a stack in a status for the block; one that is not there is made, and goes again."""
        cloudformation = self.client("cloudformation")
        described = cloudformation.describe_stacks()["Stacks"]
        before = next((s["StackStatus"] for s in described if s["StackName"] == name), None)
        self.switch("PUT", f"/stacks/{name}/status", {"status": status})
        try:
            yield
        finally:
            settled = before or "CREATE_COMPLETE"
            self.switch("PUT", f"/stacks/{name}/status", {"status": settled})
            if before is None:
                self.remove(name)

    @contextmanager
    def other_stack(self, resources: Mapping[str, Any]) -> Iterator[None]:
        """Deploy somebody else's stack for the block."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName="Older", TemplateBody=json.dumps({"Resources": resources})
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName="Older", WaiterConfig=QUICK)
        try:
            yield
        finally:
            self.remove("Older")

    def remove(self, stack: str) -> None:
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=stack)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stack, WaiterConfig=QUICK)

    @contextmanager
    def switched(self, path: str, document: object, *, back: object = None) -> Iterator[None]:
        """Hold a switch for the block."""
        self.switch("PUT", path, document)
        try:
            yield
        finally:
            self.switch("DELETE" if back is None else "PUT", path, back)

    def quoted(self, text: str) -> str:
        return urllib.parse.quote(text, safe="")


def verdict(findings: Any) -> str:
    try:
        require_unblocked(findings)
    except Blocked:
        return "blocked"
    return "goes"


def empties(step: Step) -> bool:
    return isinstance(step, EmptyBucket)


def named(planned: Planned, domain: str, certificate: str | None) -> Planned:
    """What the app synthesises with a domain, as far as the planner and the checks look."""
    web = planned.templates["VelaStack"]
    resources = {
        name: aliased(resource, domain, certificate) for name, resource in web["Resources"].items()
    }
    return replace(
        planned,
        domain=domain,
        certificate=certificate,
        attached=True,
        templates={**planned.templates, "VelaStack": {**web, "Resources": resources}},
    )


def aliased(resource: Mapping[str, Any], domain: str, certificate: str | None) -> Mapping[str, Any]:
    if resource["Type"] != "AWS::CloudFront::Distribution":
        return resource
    config = {
        **resource["Properties"]["DistributionConfig"],
        "Aliases": [domain],
        "ViewerCertificate": {"AcmCertificateArn": certificate},
    }
    return {**resource, "Properties": {**resource["Properties"], "DistributionConfig": config}}
