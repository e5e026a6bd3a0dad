"""The doctor on a real local cloud, in which the traps of an AWS account are set one by one."""

import json
import os
import resource
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from conftest import PROJECT

from vela.cli.surroundings import Surroundings
from vela.local import LocalCloud, LocalSettings, Running
from vela.ops.account import Account
from vela.ops.aws import Aws
from vela.ops.doctor import Diagnosis, diagnose
from vela.ops.facts.bootstrap import Bootstrap
from vela.ops.facts.dns import Dns, LeadsTo
from vela.ops.facts.needs import BY_TYPE
from vela.ops.facts.planned import Planned
from vela.ops.facts.retained import Holding
from vela.ops.facts.unknown import Unknown
from vela.ops.findings import Severity
from vela.ops.target import Target

DOMAIN = "www.example.com"
OTHER = "d999999abcdef8.cloudfront.net"
#: Of the processor, for the whole command; how long it takes is measured by benchmarks/doctor.py.
ALLOWED_S = 3.0
VELA = Path(sys.executable).with_name("vela")


def ignore(_news: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A local cloud nothing of Vela is deployed to, and what would be."""

    settings: LocalSettings
    running: Running
    planned: Planned

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.running.endpoint_url,
            aws_access_key_id=self.running.access_key_id,
            aws_secret_access_key=self.running.secret_access_key,
            region_name=self.running.region,
        )

    def doctor(self, **context: str) -> Diagnosis:
        """Look at it anew; what is planned is synthesised once for all tests."""
        around = Surroundings.of(self.settings, target=Target.LOCAL, context=context)
        inquiry = replace(around.inquiry(ignore), planning=lambda _account: self.planned)
        diagnosis = diagnose(around.aws, inquiry)
        assert diagnosis.repeated == ()
        return diagnosis

    def switch(self, method: str, path: str, document: object = None) -> Any:
        """Use one of the local cloud's own switches."""
        request = urllib.request.Request(
            f"{self.running.control_url}{path}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {self.running.control_secret}"},
        )
        with urllib.request.urlopen(request, timeout=10) as told:
            return json.load(told)

    @contextmanager
    def stack(self, name: str, resources: dict[str, Any]) -> Iterator[None]:
        """Deploy a stack for the block."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": resources})
        )
        quick = {"Delay": 0.1, "MaxAttempts": 300}
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=quick)
        try:
            yield
        finally:
            self.switch("PUT", f"/stacks/{name}/status", {"status": "CREATE_COMPLETE"})
            cloudformation.delete_stack(StackName=name)
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig=quick
            )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = LocalSettings.of(PROJECT, home=tmp_path_factory.mktemp("h"), port=0, dsql_port=0)
    cloud = LocalCloud(settings)
    try:
        running = cloud.start(ignore)
        around = Surroundings.of(settings, target=Target.LOCAL, context={})
        planned = around.inquiry(ignore).planning(running.account_id)
        assert isinstance(planned, Planned), planned
        yield Place(settings=settings, running=running, planned=planned)
    finally:
        cloud.purge()


def processor_seconds() -> float:
    """What the processes this one has waited for took of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ids(diagnosis: Diagnosis) -> set[str]:
    return {finding.id for finding in diagnosis.findings} - {"node-ended"}


def test_a_new_account_lacks_only_the_bootstrap(place):
    found = place.doctor()

    assert ids(found) == {"bootstrap-absent"}
    assert found.facts.bootstrap == Bootstrap(version=None)
    assert all(fact.state is Holding.ABSENT for fact in found.facts.retained)


def test_the_plan_names_the_bucket_by_the_account_and_all_nine_tables(place):
    assert place.planned.bucket == f"vela-web-{place.running.account_id}"
    assert len(place.planned.tables) == 9


def test_what_every_planned_resource_type_takes_of_iam_is_known(place):
    own = {type_ for type_ in place.planned.types if not type_.startswith("Custom::")}

    assert own <= set(BY_TYPE)


def test_a_bucket_an_earlier_deployment_left_is_ours_to_adopt_with_its_objects(place):
    s3, bucket = place.client("s3"), place.planned.bucket
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"kept")
    try:
        found = place.doctor()
    finally:
        s3.delete_object(Bucket=bucket, Key="index.html")
        s3.delete_bucket(Bucket=bucket)

    (finding,) = [f for f in found.findings if f.id == "name-orphaned"]
    assert f"bucket {bucket} (1 object)" in finding.what
    assert found.exit_code == Severity.WARNING


def test_a_table_of_another_stack_blocks_and_the_stack_is_named(place):
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "vela-profiles",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "user_id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "user_id", "KeyType": "HASH"}],
        },
    }
    with place.stack("Older", {"Table": table}):
        found = place.doctor()

    (finding,) = [f for f in found.findings if f.id == "name-owned"]
    assert finding.what == "the table vela-profiles belongs to the stack Older"
    assert found.exit_code == Severity.BLOCKED


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("REVIEW_IN_PROGRESS", "stack-review-in-progress"),
        ("ROLLBACK_COMPLETE", "stack-rollback-complete"),
        ("ROLLBACK_FAILED", "stack-rollback-failed"),
        ("UPDATE_ROLLBACK_FAILED", "stack-update-rollback-failed"),
        ("DELETE_FAILED", "stack-delete-failed"),
        ("UPDATE_IN_PROGRESS", "stack-busy"),
    ],
)
def test_a_stuck_stack_is_found_with_its_way_out(place, status, expected):
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    with place.stack("ApiStack", {"Handle": handle}):
        place.switch("PUT", "/stacks/ApiStack/status", {"status": status})

        found = place.doctor()

    (finding,) = [f for f in found.findings if f.id == expected]
    assert finding.what.startswith("ApiStack is")


def test_a_cluster_an_earlier_deployment_left_is_told(place):
    dsql = place.client("dsql")
    made = dsql.create_cluster(deletionProtectionEnabled=False, tags={"Project": "vela"})
    try:
        found = place.doctor()
    finally:
        dsql.delete_cluster(identifier=made["identifier"])

    assert "cluster-orphaned" in ids(found)


def test_a_name_that_leads_to_another_distribution_is_told_before_anything_changes(place):
    place.switch("PUT", f"/dns/{DOMAIN}", {"type": "CNAME", "values": [OTHER]})
    try:
        found = place.doctor(domain=DOMAIN)
    finally:
        place.switch("DELETE", f"/dns/{DOMAIN}")

    assert "dns-leads-to-other-distribution" in ids(found)
    assert isinstance(found.facts.dns, Dns)
    assert found.facts.dns.leads_to is LeadsTo.OTHER_DISTRIBUTION


def test_a_wildcard_that_leads_to_another_distribution_is_told_as_one(place):
    place.switch("PUT", "/dns/*.example.com", {"type": "CNAME", "values": [OTHER]})
    try:
        found = place.doctor(domain=DOMAIN)
    finally:
        place.switch("DELETE", "/dns/*.example.com")

    assert "dns-wildcard-leads-to-other-distribution" in ids(found)


def test_the_hosted_zone_of_the_domain_is_found(place):
    route53 = place.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="doctor")["HostedZone"]
    try:
        found = place.doctor(domain=DOMAIN)
    finally:
        route53.delete_hosted_zone(Id=zone["Id"])

    assert isinstance(found.facts.dns, Dns)
    assert found.facts.dns.zone_id == zone["Id"].removeprefix("/hostedzone/")
    assert "dns-without-record" in ids(found)


def test_a_certificate_that_does_not_exist_blocks(place):
    arn = f"arn:aws:acm:us-east-1:{place.running.account_id}:certificate/0a1b"

    assert "certificate-absent" in ids(place.doctor(domain=DOMAIN, certificate=arn))


def test_a_certificate_for_another_name_blocks(place):
    acm = place.client("acm")
    arn = acm.request_certificate(DomainName="example.org", ValidationMethod="DNS")
    try:
        found = place.doctor(domain=DOMAIN, certificate=arn["CertificateArn"])
    finally:
        acm.delete_certificate(CertificateArn=arn["CertificateArn"])

    assert "certificate-wrong-name" in ids(found)


def test_a_bucket_of_another_account_blocks(place):
    bucket = place.planned.bucket
    place.switch("PUT", f"/buckets/{bucket}", {"account": "210987654321"})
    try:
        found = place.doctor()
    finally:
        place.switch("DELETE", f"/buckets/{bucket}")

    assert "bucket-of-other-account" in ids(found)


def test_a_full_quota_blocks_the_first_deployment(place):
    place.switch("PUT", "/quotas/clusters", {"limit": 1})
    dsql = place.client("dsql")
    made = dsql.create_cluster(deletionProtectionEnabled=False)
    try:
        found = place.doctor()
    finally:
        dsql.delete_cluster(identifier=made["identifier"])
        place.switch("PUT", "/quotas/clusters", {"limit": 20})

    (finding,) = [f for f in found.findings if f.id == "cluster-quota-full"]
    assert finding.what == "1 clusters exist, and the account's limit is 1"


def test_a_throttled_call_is_tried_again_and_then_told(place):
    place.switch("PUT", "/throttles/cloudformation:DescribeStacks", {"times": 50})
    try:
        around = Surroundings.of(place.settings, target=Target.LOCAL, context={})
        inquiry = replace(around.inquiry(ignore), planning=lambda _account: place.planned)
        found = diagnose(Aws(around.aws.account, attempts=2), inquiry)
    finally:
        place.switch("DELETE", "/throttles/cloudformation:DescribeStacks")

    assert "fact-throttled" in ids(found)
    assert found.repeated == ()


def test_drift_is_looked_at_anew_when_asked(place):
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    with place.stack("ApiStack", {"Handle": handle}):
        around = Surroundings.of(place.settings, target=Target.LOCAL, context={})
        inquiry = replace(
            around.inquiry(ignore, detect_drift=True), planning=lambda _account: place.planned
        )
        found = diagnose(around.aws, inquiry)

    assert not isinstance(found.facts.drift, Unknown)
    assert found.facts.drift["ApiStack"].status == "IN_SYNC"


def test_a_caller_who_may_nothing_is_told_what_to_allow(place):
    iam = place.client("iam")
    iam.create_user(UserName="visitor")
    key = iam.create_access_key(UserName="visitor")["AccessKey"]
    try:
        around = Surroundings.of(place.settings, target=Target.LOCAL, context={})
        pointing = {
            **place.running.environment,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        inquiry = replace(around.inquiry(ignore), planning=lambda _account: place.planned)
        found = diagnose(Aws(Account(environment=pointing), attempts=1), inquiry)
    finally:
        iam.delete_access_key(UserName="visitor", AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName="visitor")

    assert isinstance(found.facts.stacks, Unknown)
    assert found.facts.stacks.action == "cloudformation:DescribeStacks"
    assert "fact-denied" in ids(found)


def test_the_command_costs_little_and_ends_with_its_exit_code_and_its_findings_as_json(place):
    command = [VELA, "doctor", "--target", "local", "--home", place.settings.directory, "--json"]
    before = processor_seconds()
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    spent = processor_seconds() - before

    told = json.loads(done.stdout)
    assert done.returncode == told["exit_code"] == Severity.WARNING
    assert "bootstrap-absent" in {finding["id"] for finding in told["findings"]}
    assert spent < ALLOWED_S


def test_an_option_that_is_not_valid_is_a_finding_among_the_others(place):
    options = ["--target", "local", "--domain", "no_host", "--stage", "production"]
    done = subprocess.run(
        [VELA, "doctor", *options, "--home", place.settings.directory],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == Severity.BLOCKED
    assert "no_host" in done.stdout
    assert "plan-unknown" in done.stdout
    assert "bootstrap-absent" in done.stdout
    assert "Traceback" not in done.stderr
