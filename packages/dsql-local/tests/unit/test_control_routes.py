"""The control API's answers, without a socket."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from dsql_local.auth import Credential
from dsql_local.dialect.limits import Limits
from dsql_local.jobs.foreman import Foreman
from dsql_local.server.baselines import Baselines
from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import Request, Response
from dsql_local.server.control.identities import FORGET_AFTER_S
from dsql_local.server.control.routes import ROUTES, answer
from dsql_local.server.registry import CLUSTER_QUOTA, Registry, durable
from dsql_local.server.runtime import Runtimes

SECRET = "the-secret"
HEADERS = {"host": "127.0.0.1:8080", "authorization": f"Bearer {SECRET}"}
ROLE = "arn:aws:iam::111122223333:role/team/app"
SESSION = "arn:aws:sts::111122223333:assumed-role/app/worker"
NOW = 1731001173.25
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "dsql:*", "Resource": "*"}],
}


@dataclass
class Endpoint:
    """The control API over a registry of its own."""

    registry: Registry
    deleted: list[str] = field(default_factory=list)
    fault: Exception | None = None

    async def on_cluster_deleted(self, identifier: str) -> None:
        if self.fault:
            raise self.fault
        self.deleted.append(identifier)

    def send(self, method: str, target: str, body: object = None, **headers: str) -> Response:
        path, _, query = target.partition("?")
        content = {} if body is None else {"content-type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(
            method=method,
            path=path,
            query=query,
            headers={**HEADERS, **content, **named},
            body=body
            if isinstance(body, bytes)
            else b""
            if body is None
            else json.dumps(body).encode(),
        )
        control = Control(
            registry=self.registry,
            baselines=Baselines(no_postgres),
            runtimes=Runtimes(Limits(), foreman=Foreman(), socket_of=no_postgres),
            secret=SECRET,
            on_cluster_deleted=self.on_cluster_deleted,
            now=lambda: NOW,
        )
        return asyncio.run(answer(control, request))

    def create(self, **body: Any) -> dict[str, Any]:
        return dict(self.send("POST", "/cluster", body).content)


async def no_postgres(identifier):
    raise ConnectionRefusedError(identifier)


@pytest.fixture
def endpoint(tmp_path):
    return Endpoint(Registry(tmp_path, region="us-east-1", account="111122223333"))


def refusal(response: Response) -> tuple[int, str, str]:
    """What an SDK makes of an error: status, type and message."""
    return response.status, response.headers["x-amzn-ErrorType"], response.content["message"]


def test_health_is_ok(endpoint):
    assert endpoint.send("GET", "/health").content == {"status": "ok"}


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {SECRET}x", f"Basic {SECRET}", SECRET, "é"],
)
@pytest.mark.parametrize("target", ["/health", "/cluster", "/nowhere"])
def test_nothing_is_told_without_the_secret(endpoint, authorization, target):
    response = endpoint.send("GET", target, authorization=authorization)

    assert refusal(response) == (
        401,
        "UnauthorizedException",
        "Authorization: Bearer <secret> is required.",
    )
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_schemes_name_has_no_case(endpoint, scheme):
    assert endpoint.send("GET", "/health", authorization=f"{scheme} {SECRET}").status == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost:8080", "LOCALHOST", "[::1]", "[::1]:65535"]
)
def test_this_machine_is_a_right_host(endpoint, host):
    assert endpoint.send("GET", "/health", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "evil.example:127.0.0.1",
        "127.0.0.1:",
        "user@localhost",
        "::1",
    ],
)
def test_a_name_made_to_point_here_is_turned_away_even_with_the_secret(endpoint, host):
    assert endpoint.send("GET", "/health", host=host).status == 403


@pytest.mark.parametrize(
    "target",
    ["/", "", "/nowhere", "/cluster/", "/cluster/a/b", "/clusters/a", "/tags/", "//health"],
)
def test_an_unknown_path_is_not_found(endpoint, target):
    assert refusal(endpoint.send("GET", target))[:2] == (404, "UnknownOperationException")


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS", "get"])
@pytest.mark.parametrize(
    "target", ["/health", "/cluster", "/cluster/a", "/tags/a", "/principals/a"]
)
def test_an_unknown_method_is_told_the_known_ones(endpoint, method, target):
    response = endpoint.send(method, target)

    assert response.status == 405
    assert response.headers["Allow"] in {", ".join(methods) for methods in ROUTES.values()}


def test_a_cluster_is_created_as_asked(endpoint):
    made = endpoint.create(
        deletionProtectionEnabled=False, tags={"Name": "a"}, kmsEncryptionKey="k"
    )

    identifier = made["identifier"]
    assert made == {
        "identifier": identifier,
        "arn": f"arn:aws:dsql:us-east-1:111122223333:cluster/{identifier}",
        "status": "CREATING",
        "creationTime": NOW,
        "deletionProtectionEnabled": False,
        "tags": {"Name": "a"},
        "endpoint": f"{identifier}.dsql.us-east-1.on.aws",
        "encryptionDetails": {
            "encryptionType": "CUSTOMER_MANAGED_KMS_KEY",
            "kmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/k",
            "encryptionStatus": "ENABLED",
        },
    }
    assert endpoint.send("GET", f"/cluster/{identifier}").content == {**made, "status": "ACTIVE"}


def test_a_cluster_needs_no_settings(endpoint):
    response = endpoint.send("POST", "/cluster")

    assert response.content["deletionProtectionEnabled"] is True
    assert response.content["tags"] == {}
    assert response.content["encryptionDetails"] == {
        "encryptionType": "AWS_OWNED_KMS_KEY",
        "encryptionStatus": "ENABLED",
    }


def test_a_field_unknown_to_this_version_of_the_api_is_ignored_as_aws_does(endpoint):
    assert endpoint.send("POST", "/cluster", {"somethingNew": 1}).status == 200


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"deletionProtectionEnabled": "true"}, "deletionProtectionEnabled"),
        ({"deletionProtectionEnabled": 1}, "deletionProtectionEnabled"),
        ({"tags": []}, "tags"),
        ({"tags": {"": "x"}}, "tags"),
        ({"tags": {"k" * 129: "x"}}, "tags"),
        ({"tags": {"k": "v" * 257}}, "tags"),
        ({"tags": {"k": None}}, "tags"),
        ({"tags": {"k\n": "v"}}, "tags"),
        ({"tags": {f"k{n}": "v" for n in range(201)}}, "tags"),
        ({"kmsEncryptionKey": ""}, "kmsEncryptionKey"),
        ({"kmsEncryptionKey": "a b"}, "kmsEncryptionKey"),
        ({"clientToken": "é"}, "clientToken"),
        ({"clientToken": "t" * 129}, "clientToken"),
        ({"clientToken": 1}, "clientToken"),
    ],
)
def test_a_wrong_field_is_named(endpoint, body, name):
    response = endpoint.send("POST", "/cluster", body)

    assert refusal(response)[:2] == (400, "ValidationException")
    assert response.content["reason"] == "fieldValidationFailed"
    assert response.content["fieldList"][0]["name"] == name
    assert endpoint.registry.list_clusters() == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("multiRegionProperties", {"witnessRegion": "us-west-2"}),
        ("policy", "{}"),
        ("metricGroups", [{"metricGroup": "STATEMENT_STATISTICS"}]),
    ],
)
def test_what_a_cluster_here_cannot_have_is_refused_and_not_ignored(endpoint, name, value):
    response = endpoint.send("POST", "/cluster", {name: value})

    assert response.status == 400
    assert response.content["reason"] == "other"
    assert response.content["message"].startswith(f"{name}: ")


@pytest.mark.parametrize("name", ["multiRegionProperties", "policy", "metricGroups"])
def test_what_is_empty_is_not_asked_for(endpoint, name):
    assert endpoint.send("POST", "/cluster", {name: None}).status == 200


def test_a_request_repeated_with_its_client_token_has_no_further_effect(endpoint):
    first = endpoint.create(clientToken="t")

    assert endpoint.create(clientToken="t") == first
    assert refusal(endpoint.send("POST", "/cluster", {"clientToken": "t", "tags": {"a": "b"}}))[
        :2
    ] == (409, "ConflictException")


def test_beyond_the_quota_there_is_no_cluster(endpoint):
    for _ in range(CLUSTER_QUOTA):
        endpoint.create()

    response = endpoint.send("POST", "/cluster")

    assert refusal(response)[:2] == (402, "ServiceQuotaExceededException")
    assert response.content["message"].startswith("You have reached the cluster limit.")


def test_clusters_are_listed_page_by_page(endpoint):
    made = [endpoint.create()["identifier"] for _ in range(3)]

    first = endpoint.send("GET", "/cluster?max-results=2").content
    rest = endpoint.send("GET", f"/cluster?max-results=2&next-token={first['nextToken']}").content

    assert [each["identifier"] for each in first["clusters"] + rest["clusters"]] == made
    assert "nextToken" not in rest


@pytest.mark.parametrize(
    "query", ["max-results=0", "max-results=101", "max-results=x", "next-token=x"]
)
def test_a_wrong_page_is_refused(endpoint, query):
    assert endpoint.send("GET", f"/cluster?{query}").status == 400


def test_an_update_changes_what_it_names(endpoint):
    made = endpoint.create(deletionProtectionEnabled=False)
    path = f"/cluster/{made['identifier']}"

    assert endpoint.send("POST", path, {"deletionProtectionEnabled": True}).content == {
        "identifier": made["identifier"],
        "arn": made["arn"],
        "status": "UPDATING",
        "creationTime": NOW,
    }
    assert endpoint.send("GET", path).content["deletionProtectionEnabled"] is True
    assert endpoint.send("POST", path, {"kmsEncryptionKey": "alias/k"}).status == 200
    assert endpoint.send("GET", path).content["encryptionDetails"]["kmsKeyArn"].endswith(":alias/k")
    assert endpoint.send("POST", path, {"kmsEncryptionKey": "AWS_OWNED_KMS_KEY"}).status == 200
    assert "kmsKeyArn" not in endpoint.send("GET", path).content["encryptionDetails"]


def test_a_deleted_cluster_is_gone_and_its_data_too(endpoint):
    made = endpoint.create(deletionProtectionEnabled=False)
    path = f"/cluster/{made['identifier']}"

    assert endpoint.send("DELETE", f"{path}?client-token=t").content["status"] == "DELETING"
    assert endpoint.deleted == [made["identifier"]]
    assert endpoint.send("GET", path).status == 404


def test_a_protected_cluster_stays(endpoint):
    made = endpoint.create(deletionProtectionEnabled=True)
    path = f"/cluster/{made['identifier']}"

    response = endpoint.send("DELETE", path)

    assert refusal(response)[:2] == (400, "ValidationException")
    assert response.content["reason"] == "deletionProtectionEnabled"
    assert endpoint.deleted == []
    assert endpoint.send("GET", path).status == 200


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/cluster/{}", None),
        ("POST", "/cluster/{}", {}),
        ("DELETE", "/cluster/{}", None),
        ("GET", "/clusters/{}/vpc-endpoint-service-name", None),
        ("PUT", "/clusters/{}/status", {"status": "ACTIVE"}),
    ],
)
def test_an_absent_cluster_is_not_found(endpoint, method, target, body):
    response = endpoint.send(method, target.format("a" * 26), body)

    assert refusal(response)[:2] == (404, "ResourceNotFoundException")
    assert response.content["resourceId"] == "a" * 26
    assert response.content["resourceType"] == "cluster"


def test_the_private_endpoint_is_told(endpoint):
    made = endpoint.create()
    suffix = endpoint.registry.suffix

    assert endpoint.send(
        "GET", f"/clusters/{made['identifier']}/vpc-endpoint-service-name"
    ).content == {
        "serviceName": f"com.amazonaws.us-east-1.dsql-{suffix}",
        "clusterVpcEndpoint": f"{made['identifier']}.dsql-{suffix}.us-east-1.on.aws",
    }


@pytest.mark.parametrize(
    "spell", [lambda arn: arn, lambda arn: quote(arn, safe="")], ids=["raw", "quoted"]
)
def test_tags_are_added_listed_and_taken_off(endpoint, spell):
    made = endpoint.create(tags={"a": "1"})
    path = f"/tags/{spell(made['arn'])}"

    assert endpoint.send("POST", path, {"tags": {"b c": "2", "d": "3"}}).status == 200
    assert endpoint.send("DELETE", f"{path}?tagKeys=a&tagKeys=b%20c").status == 200
    assert endpoint.send("GET", path).content == {"tags": {"d": "3"}}


@pytest.mark.parametrize(
    ("arn", "status"),
    [
        ("x", 400),
        ("arn:aws:s3:::bucket", 400),
        ("arn:aws:dsql:us-east-1:111122223333:cluster/short", 400),
        (f"arn:aws:dsql:us-east-1:111122223333:cluster/{'a' * 26}", 404),
        ("arn:aws:dsql:us-east-2:111122223333:cluster/{id}", 404),
        ("arn:aws:dsql:us-east-1:999999999999:cluster/{id}", 404),
    ],
)
def test_only_a_cluster_of_this_account_and_region_has_tags(endpoint, arn, status):
    target = f"/tags/{arn.format(id=endpoint.create()['identifier'])}"

    assert endpoint.send("GET", target).status == status
    assert endpoint.send("POST", target, {"tags": {}}).status == status
    assert endpoint.send("DELETE", f"{target}?tagKeys=a").status == status


def test_tagging_needs_tags(endpoint):
    made = endpoint.create()

    assert endpoint.send("POST", f"/tags/{made['arn']}", {}).status == 400


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
def test_a_cluster_is_put_to_sleep_and_woken(endpoint, status):
    identifier = endpoint.create()["identifier"]

    endpoint.send("PUT", f"/clusters/{identifier}/status", {"status": status})

    assert endpoint.send("GET", f"/cluster/{identifier}").content["status"] == status


@pytest.mark.parametrize(
    "body", [{}, {"status": "DELETED"}, {"status": None}, {"status": "ACTIVE", "also": 1}]
)
def test_a_cluster_has_no_other_status(endpoint, body):
    identifier = endpoint.create()["identifier"]

    assert endpoint.send("PUT", f"/clusters/{identifier}/status", body).status == 400


@pytest.mark.parametrize(
    "spell", [lambda arn: arn, lambda arn: quote(arn, safe="")], ids=["raw", "quoted"]
)
def test_a_principal_is_put_and_deleted(endpoint, spell):
    path = f"/principals/{spell(ROLE)}"

    assert endpoint.send("PUT", path, {"policies": [ALLOW, ALLOW]}).status == 200
    assert len(endpoint.registry.policies(ROLE)) == 2
    assert endpoint.send("DELETE", path).status == 200
    assert endpoint.registry.policies(ROLE) == ()
    assert endpoint.send("DELETE", path).status == 200


@pytest.mark.parametrize(
    ("arn", "body", "what"),
    [
        ("app", {"policies": []}, "principal: is not the ARN of an IAM role, user or root"),
        (SESSION, {"policies": []}, "principal: is not the ARN of an IAM role, user or root"),
        (ROLE, {}, "policies: must be a list of IAM policy documents"),
        (ROLE, {"policies": ALLOW}, "policies: must be a list of IAM policy documents"),
        (ROLE, {"policies": [], "policy": ALLOW}, "policy: there is no such field"),
        (ROLE, {"policies": ["x"]}, "The IAM policy is malformed: the document is not a JSON"),
        (ROLE, {"policies": [{"Statement": {}}]}, "The IAM policy is malformed: Statement[0]"),
    ],
)
def test_a_malformed_principal_is_refused_at_once(endpoint, arn, body, what):
    status, kind, message = refusal(endpoint.send("PUT", f"/principals/{arn}", body))

    assert (status, kind) == (400, "ValidationException")
    assert message.startswith(what)
    assert endpoint.registry.policies(ROLE) == ()


FULL = {
    "secret_access_key": "s/+=",
    "session_token": "t/+=",
    "principal": ROLE,
    "session_arn": SESSION,
    "expires_at": NOW + 1,
}


def test_a_key_is_put_and_deleted(endpoint):
    assert endpoint.send("PUT", "/credentials/ASIAEXAMPLE", FULL).status == 200
    assert endpoint.registry.credential("ASIAEXAMPLE") == Credential(
        access_key_id="ASIAEXAMPLE",
        secret_access_key="s/+=",
        session_token="t/+=",
        principal=ROLE,
        session_arn=SESSION,
        expires_at=NOW + 1,
    )
    assert endpoint.send("DELETE", "/credentials/ASIAEXAMPLE").status == 200
    assert endpoint.registry.credential("ASIAEXAMPLE") is None


def test_a_key_may_be_a_users_for_ever(endpoint):
    body = {"secret_access_key": "s", "session_token": None, "principal": ROLE, "expires_at": None}

    assert endpoint.send("PUT", "/credentials/AKIA", body).status == 200
    credential = endpoint.registry.credential("AKIA")
    assert (credential.session_token, credential.session_arn, credential.expires_at) == (None,) * 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret_access_key", None),
        ("secret_access_key", ""),
        ("secret_access_key", "a b"),
        ("secret_access_key", 1),
        ("session_token", ""),
        ("session_token", "t" * 4097),
        ("session_token", "\ud800"),
        ("principal", None),
        ("principal", "arn:aws:iam::111122223333:group/g"),
        ("principal", "arn:aws:iam::1:role/r"),
        ("session_arn", "arn:aws:iam::111122223333:role/app"),
        ("expires_at", "2024-11-07"),
        ("expires_at", True),
        ("expires_at", 1e999),
        ("secret", "x"),
    ],
)
def test_a_malformed_key_is_refused_without_repeating_it(endpoint, name, value):
    response = endpoint.send("PUT", "/credentials/KEY", {**FULL, name: value})

    assert refusal(response)[:2] == (400, "ValidationException")
    assert endpoint.registry.credential("KEY") is None
    if isinstance(value, str) and len(value) > 3:
        assert value not in str(response.content)


@pytest.mark.parametrize("key_id", ["a%20b", "a%2Fb", "k" * 129, "%C3%A9", "%FF"])
def test_a_keys_id_is_a_plain_word(endpoint, key_id):
    assert endpoint.send("PUT", f"/credentials/{key_id}", FULL).status == 400


def test_keys_of_sessions_long_over_are_dropped_when_another_comes(endpoint):
    for key_id, age in (("FRESH", FORGET_AFTER_S - 1), ("STALE", FORGET_AFTER_S + 1)):
        endpoint.send("PUT", f"/credentials/{key_id}", {**FULL, "expires_at": NOW - age})

    endpoint.send("PUT", "/credentials/NEW", FULL)

    assert endpoint.registry.credential("FRESH") is not None
    assert endpoint.registry.credential("STALE") is None


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"x",
        b'"x"',
        b"[]",
        b"null",
        b'{"a": NaN}',
        b"\xff",
        "{}".encode("utf-16"),
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_object_is_refused(endpoint, body):
    response = endpoint.send("POST", "/cluster", body)

    assert refusal(response)[:2] == (400, "ValidationException")
    assert response.content["reason"] == "cannotParse"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_refused(endpoint, kind):
    response = endpoint.send("POST", "/cluster", {}, content_type=kind)

    assert refusal(response)[:2] == (415, "UnsupportedMediaTypeException")


def test_a_json_body_may_name_its_charset(endpoint):
    kind = "Application/JSON; charset=utf-8"

    assert endpoint.send("POST", "/cluster", {}, content_type=kind).status == 200


def test_a_full_disk_is_reported_as_what_it_is(endpoint, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "_write_new", full)

    status, kind, message = refusal(endpoint.send("POST", "/cluster"))

    assert (status, kind) == (500, "InternalServerException")
    assert "No space left on device. free some space" in message
    assert endpoint.registry.list_clusters() == ()
    assert "control.failed" in caplog.text


def test_a_bug_is_logged_and_not_shown(endpoint, caplog):
    made = endpoint.create(deletionProtectionEnabled=False)
    endpoint.fault = RuntimeError("the inside of the program")

    response = endpoint.send("DELETE", f"/cluster/{made['identifier']}")

    assert refusal(response) == (
        500,
        "InternalServerException",
        "A fault in dsql-local; see its log.",
    )
    assert "the inside of the program" in caplog.text
