"""What the gatherers make of answers that no local cloud gives."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from unit.ops.healthy import BUCKET, DOMAIN, NOW, OURS, PLANNED, TEMPLATES
from unit.ops.scripted import Reply, at, error, known_caller, scripted

from vela.errors import PlanImpossible
from vela.ops.aws import Aws
from vela.ops.checks.table import preflight
from vela.ops.facts import bootstrap, clusters, identity, machine, permissions, retained
from vela.ops.facts.bootstrap import Bootstrap
from vela.ops.facts.clusters import Clusters
from vela.ops.facts.dns import Answer
from vela.ops.facts.gathering import Inquiry, gather
from vela.ops.facts.identity import CredentialsError, Identity
from vela.ops.facts.permissions import Permissions
from vela.ops.facts.planned import Planned
from vela.ops.facts.retained import Holding, Kind, RetainedFact
from vela.ops.facts.stacks import StackFact
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.plan.facing import situation
from vela.ops.target import Target

MY_BUCKETS = f"""<ListAllMyBucketsResult><Buckets><Bucket><Name>{BUCKET}</Name></Bucket></Buckets>
</ListAllMyBucketsResult>"""
NO_BUCKETS = "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"


class NoNames:
    """An Internet in which no name exists."""

    def resolve(self, name: str) -> Answer:
        return Answer(name=name)


class NoServers:
    """A machine whose name servers do not answer."""

    def resolve(self, name: str) -> Answer:
        raise OSError(f"{name} could not be looked up")


def inquiry(tmp_path: Path, *, planned: Planned = PLANNED, offline: bool = False) -> Inquiry:
    return Inquiry(
        target=Target.AWS,
        project=tmp_path,
        environment={"PATH": "/nowhere"},
        domain=DOMAIN,
        certificate="arn:aws:acm:us-east-1:123456789012:certificate/0a1b",
        planning=lambda _account: planned,
        resolving=NoServers if offline else NoNames,
        now=NOW,
        label="vela-0",
        sleep=lambda _seconds: None,
    )


def bucket_fact(head: Reply, listed: str) -> RetainedFact:
    """Who holds the bucket's name, when S3 answers like this and no stack is deployed."""

    def script(service: str, request: str, _body: str) -> Reply:
        if service == "cloudformation":
            return error(service, "ValidationError")
        if request.startswith("HEAD"):
            return head
        return Reply(body=listed)

    only = {"VelaStack": {"Resources": {"Bucket": TEMPLATES["VelaStack"]["Resources"]["Bucket"]}}}
    with scripted(script) as aws:
        (found,) = retained.gather(aws, _planned(only), {})
    assert aws.repeated == ()
    return found


def _planned(templates: Mapping[str, Mapping[str, object]]) -> Planned:
    return Planned(
        templates=templates,
        bucket=BUCKET,
        tables=(),
        domain=None,
        certificate=None,
        stage="development",
        attached=False,
        schema=55,
        bootstrap_needed=6,
    )


def test_a_bucket_nobody_has_is_absent():
    assert bucket_fact(Reply(status=404), NO_BUCKETS).state is Holding.ABSENT


def test_a_bucket_that_refuses_us_and_is_not_in_our_list_is_another_accounts():
    head = Reply(status=403, headers={"x-amz-bucket-region": "us-east-1"})

    assert bucket_fact(head, NO_BUCKETS).state is Holding.OTHER_ACCOUNT


def test_a_bucket_we_may_read_but_do_not_list_is_another_accounts():
    assert bucket_fact(Reply(), NO_BUCKETS).state is Holding.OTHER_ACCOUNT


def test_a_bucket_of_ours_in_another_region_tells_which():
    found = bucket_fact(Reply(headers={"x-amz-bucket-region": "eu-west-1"}), MY_BUCKETS)

    assert (found.state, found.region) == (Holding.OTHER_REGION, "eu-west-1")


def test_a_bucket_of_ours_that_cloudformation_will_not_speak_of_is_unknown():
    found = bucket_fact(Reply(headers={"x-amz-bucket-region": "us-east-1"}), MY_BUCKETS)

    assert isinstance(found.state, Unknown)
    assert found.state.action == "cloudformation:DescribeStackResources"


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("AccessDenied", "Allow `sts:GetCallerIdentity`"),
        ("Throttling", "in a minute"),
        ("InternalFailure", "Check the network"),
    ],
)
def test_why_nobody_could_be_asked_who_calls_decides_what_to_do(tmp_path, code, fix):
    with scripted(lambda service, *_: error(service, code)) as aws:
        facts = gather(aws, inquiry(tmp_path))

    (found,) = (f for f in preflight(facts) if f.id == "credentials-unasked")
    assert fix in found.fix
    with pytest.raises(PlanImpossible, match=f"whose the credentials are is not known.*{code}"):
        situation(facts, templates={}, holders={})


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ExpiredToken", CredentialsError.EXPIRED),
        ("InvalidClientTokenId", CredentialsError.DENIED),
        ("SignatureDoesNotMatch", CredentialsError.DENIED),
        ("InternalFailure", CredentialsError.UNREACHABLE),
    ],
)
def test_what_sts_says_decides_what_is_wrong_with_the_credentials(code, expected):
    with scripted(lambda service, _request, _body: error(service, code, status=403)) as aws:
        found = identity.gather(aws, {})

    assert found.account is None
    assert found.error is expected


def test_without_any_credentials_they_are_absent(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    from vela.ops.account import Account  # noqa: PLC0415 - beside its only use

    found = identity.gather(Aws(Account(environment={})), {"CDK_DEFAULT_ACCOUNT": "123456789012"})

    assert found.error is CredentialsError.ABSENT
    assert found.expected == "123456789012"


def test_an_endpoint_nobody_listens_at_is_unreachable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    assert identity.gather(at(f"http://127.0.0.1:{port}"), {}).error is CredentialsError.UNREACHABLE


def test_the_end_of_exported_credentials_is_read():
    with scripted(known_caller(lambda service, _request, _body: error(service, "X"))) as aws:
        found = identity.gather(aws, {"AWS_CREDENTIAL_EXPIRATION": "2026-11-22T13:00:00+00:00"})

    assert found.expires is not None
    assert found.expires > NOW


@pytest.mark.parametrize(
    ("code", "cause", "finding"),
    [
        ("AccessDenied", Cause.DENIED, "fact-denied"),
        ("ThrottlingException", Cause.THROTTLED, "fact-throttled"),
        ("UnrecognizedClientException", Cause.NO_CREDENTIALS, "fact-no-credentials"),
        ("UnknownOperationException", Cause.UNSUPPORTED, "fact-unsupported"),
        ("InternalFailure", Cause.OTHER, "fact-other"),
    ],
)
def test_when_everything_is_refused_every_fact_is_a_value_and_no_call_is_made_twice(
    tmp_path, code, cause, finding
):
    refusing = known_caller(lambda service, _request, _body: error(service, code))
    with scripted(refusing) as aws:
        facts = gather(aws, inquiry(tmp_path))

    for fact in (facts.bootstrap, facts.stacks, facts.certificate, facts.aliases, facts.clusters):
        assert isinstance(fact, Unknown)
        assert fact.cause is cause
    assert finding in {found.id for found in preflight(facts)}
    assert aws.repeated == ()


def test_without_an_account_nothing_more_is_asked(tmp_path):
    with scripted(lambda service, _request, _body: error(service, "ExpiredToken")) as aws:
        facts = gather(aws, inquiry(tmp_path))

    assert len(aws.calls) == 1
    assert "credentials-expired" in {found.id for found in preflight(facts)}
    assert not {f.id for f in preflight(facts)} & {"fact-no-credentials", "plan-unknown"}


def test_name_servers_that_do_not_answer_are_told(tmp_path):
    refusing = known_caller(lambda service, _request, _body: error(service, "AccessDenied"))
    with scripted(refusing) as aws:
        facts = gather(aws, inquiry(tmp_path, offline=True))

    assert isinstance(facts.dns, Unknown)
    assert "fact-unreachable" in {found.id for found in preflight(facts)}


def test_the_bootstrap_version_comes_from_the_stack_where_the_parameter_is_refused():
    refused = Unknown(reason="no", action="ssm:GetParameter", cause=Cause.DENIED)
    stack = StackFact(
        name="CDKToolkit", status="CREATE_COMPLETE", outputs={"BootstrapVersion": "31"}
    )

    assert bootstrap.settle(refused, {"CDKToolkit": stack}) == Bootstrap(version=31)
    assert bootstrap.settle(refused, {}) == Bootstrap(version=None)
    assert bootstrap.settle(refused, refused) is refused


def test_a_parameter_that_is_not_there_means_never_bootstrapped():
    with scripted(lambda service, _request, _body: error(service, "ParameterNotFound")) as aws:
        assert bootstrap.gather(aws) == Bootstrap(version=None)


def test_the_quota_is_the_accounts_own_where_it_is_told():
    quotas = [
        {"QuotaName": "Maximum connections per cluster", "Value": 10000},
        {"QuotaName": "Maximum multi-Region clusters", "Value": 5},
        {"QuotaName": "Maximum single-Region clusters", "Value": 40},
    ]
    with scripted(lambda *_request: Reply(body=json.dumps({"Quotas": quotas}))) as aws:
        limit = clusters.gather_limit(aws)
    found = clusters.quota(Clusters(all=()), limit)

    assert not isinstance(found, Unknown)
    assert (found.limit, found.assumed) == (40, False)


def test_the_quota_is_the_documented_one_where_it_is_not_told():
    refused = Unknown(reason="no", action="servicequotas:ListServiceQuotas", cause=Cause.DENIED)

    found = clusters.quota(Clusters(all=()), refused)

    assert not isinstance(found, Unknown)
    assert (found.limit, found.assumed) == (20, True)


def simulated(caller: str, *, allow: frozenset[str], bootstrapped: bool = True) -> Permissions:
    """What IAM's simulation makes of *caller*, allowing only some actions."""

    def script(service: str, _request: str, body: str) -> Reply:
        if "Action=GetRole&" in body:
            return error(service, "AccessDenied", status=403)
        asked = [
            part.partition("=")[2].replace("%3A", ":")
            for part in body.split("&")
            if part.startswith("ActionNames")
        ]
        results = "".join(
            f"<member><EvalActionName>{action}</EvalActionName><EvalDecision>"
            f"{'allowed' if action in allow else 'implicitDeny'}</EvalDecision></member>"
            for action in asked
        )
        name = "SimulatePrincipalPolicy"
        return Reply(
            body=f"<{name}Response><{name}Result><EvaluationResults>{results}</EvaluationResults>"
            f"<IsTruncated>false</IsTruncated></{name}Result></{name}Response>"
        )

    with scripted(script) as aws:
        found = permissions.gather(
            aws,
            identity=Identity(account="123456789012", arn=caller),
            bootstrap=Bootstrap(version=30 if bootstrapped else None),
            planned=PLANNED,
            execution_role=True,
        )
    assert isinstance(found, Permissions)
    assert aws.repeated == ()
    return found


SESSION = "arn:aws:sts::123456789012:assumed-role/Deployer/somebody"


def test_a_caller_who_may_not_assume_the_roles_is_told_which():
    found = simulated(SESSION, allow=frozenset())

    assert [arn.rpartition("/")[2].split("-")[2] for arn in found.unassumable] == [
        "deploy",
        "file",
        "lookup",
    ]


def test_the_role_that_makes_resources_is_asked_for_what_the_templates_hold():
    found = simulated(SESSION, allow=frozenset({"sts:AssumeRole", "dsql:CreateCluster"}))

    assert found.unassumable == ()
    assert "s3:CreateBucket (CloudFormation's role)" in found.missing
    assert "dsql:CreateCluster (CloudFormation's role)" not in found.missing
    assert not [action for action in found.missing if action.startswith("ec2:")]


def test_before_the_bootstrap_the_caller_needs_what_the_bootstrap_makes():
    found = simulated(SESSION, allow=frozenset(), bootstrapped=False)

    assert "ssm:PutParameter (you)" in found.missing


@pytest.mark.parametrize(
    ("caller", "note"),
    [
        ("arn:aws:iam::123456789012:root", "root user"),
        ("arn:aws:sts::123456789012:federated-user/x", "federated-user"),
    ],
)
def test_callers_iam_cannot_simulate_are_noted(caller, note):
    assert note in simulated(caller, allow=frozenset()).note


def test_a_machine_without_node_and_cdk_says_so(tmp_path):
    found = machine.gather(tmp_path, {"PATH": str(tmp_path)})

    assert (found.node, found.cdk, found.schema_read) == (None, None, None)


def test_the_cli_and_the_schema_it_reads_come_from_its_package_file(tmp_path):
    package = tmp_path / "node_modules/aws-cdk/package.json"
    package.parent.mkdir(parents=True)
    package.write_text(
        '{"version": "2.1148.1", "devDependencies": {"@aws-cdk/cloud-assembly-schema": ">=55.5.0"}}'
    )
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v22.4.1\n")
    node.chmod(0o755)

    found = machine.gather(tmp_path, {"PATH": f"{tmp_path}:/usr/bin:/bin"})

    assert found.cdk == (2, 1148, 1)
    assert found.schema_read == 55
    assert found.node == (22, 4, 1)


def test_the_wanted_names_are_the_literal_ones_with_their_policies():
    wanted = {fact.name: fact for fact in retained.wanted(PLANNED)}

    assert set(wanted) == {BUCKET, "vela-profiles"}
    assert wanted[BUCKET].kind is Kind.BUCKET
    assert wanted[BUCKET].adoptable
    assert OURS not in wanted
