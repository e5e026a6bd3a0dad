"""The API function in a process of its own, where no cluster answers."""

import json
import socket
import time

import pytest

HANDLER = "vela.api.handler.handler"
NOWHERE = "abcdefghijklmnopqrstuvwxyz.dsql.xx-nowhere-1.on.aws"


@pytest.fixture
def closed_port():
    with socket.socket() as bound:  # bound and not listening: refused, and nobody else can take it
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def silent_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def dsql_env(aws_env):
    return aws_env | {
        "DSQL_ENDPOINT": NOWHERE,
        "DSQL_DATABASE_ROLE": "vela_api",
        "DSQL_VPC_ENDPOINT_ID": "vpce-0123456789abcdef0",
        "DSQL_SECURITY_GROUP_ID": "sg-0123456789abcdef0",
    }


def detail_of(worker, health_event, secrets_manager):
    """Status and detail as the holder of the secret is told, after asking as a stranger."""
    public = worker(health_event())
    detailed = worker(health_event(secrets_manager.secret))
    assert (public["statusCode"], public["body"]) == (503, '{"status": "error"}')
    assert detailed["statusCode"] == 503
    return json.loads(detailed["body"])


def test_the_public_health_route_needs_no_environment(start_worker, health_event):
    worker = start_worker(HANDLER, {})

    answer = worker(health_event() | {"rawPath": "/api/health"})

    assert (answer["statusCode"], answer["body"]) == (200, '{"status": "ok"}')
    assert worker.lines() == []


def test_a_missing_setting_is_named(start_worker, health_event, aws_env, secrets_manager):
    worker = start_worker(HANDLER, aws_env)

    detail = detail_of(worker, health_event, secrets_manager)

    assert detail["code"] == "E100"
    assert "DSQL_ENDPOINT is not set" in detail["text"]
    assert "DSQL_DATABASE_ROLE is not set" in detail["text"]


def test_missing_credentials_are_named(start_worker, health_event, dsql_env):
    env = {name: value for name, value in dsql_env.items() if not name.startswith("AWS_")}
    worker = start_worker(HANDLER, env)

    worker(health_event())

    (line,) = worker.lines("dsql.health.failed")
    assert (line["code"], "AWS_ACCESS_KEY_ID" in line["text"]) == ("E100", True)


def test_a_malformed_setting_is_named(start_worker, health_event, dsql_env, secrets_manager):
    worker = start_worker(HANDLER, dsql_env | {"DSQL_ENDPOINT": "localhost"})

    detail = detail_of(worker, health_event, secrets_manager)

    assert (detail["code"], "DSQL_ENDPOINT" in detail["text"]) == ("E100", True)


def test_a_name_without_address_is_told_apart(
    start_worker, health_event, dsql_env, secrets_manager
):
    worker = start_worker(HANDLER, dsql_env)

    detail = detail_of(worker, health_event, secrets_manager)

    assert detail["code"] == "E201"
    assert NOWHERE in detail["text"]
    assert "vpce-0123456789abcdef0" in detail["fix"]


def test_a_refused_connection_names_endpoint_and_security_group(
    start_worker, health_event, dsql_env, secrets_manager, closed_port
):
    worker = start_worker(
        HANDLER, dsql_env | {"PGHOSTADDR": "127.0.0.1", "PGPORT": f"{closed_port}"}
    )

    detail = detail_of(worker, health_event, secrets_manager)

    assert detail["code"] == "E202"
    assert "vpce-0123456789abcdef0" in detail["fix"]
    assert "sg-0123456789abcdef0" in detail["fix"]


def test_a_server_that_never_answers_is_given_up_after_five_seconds(
    start_worker, health_event, dsql_env, silent_port
):
    worker = start_worker(
        HANDLER, dsql_env | {"PGHOSTADDR": "127.0.0.1", "PGPORT": f"{silent_port}"}
    )

    started = time.monotonic()
    answer = worker(health_event())

    assert answer["statusCode"] == 503
    assert 4.5 < time.monotonic() - started < 10
    (line,) = worker.lines()
    assert (line["message"], line["code"]) == ("dsql.health.failed", "E202")
    assert 4500 < line["elapsed_ms"] < 7000


def test_each_probe_that_fails_is_one_line_with_its_cause(
    start_worker, health_event, dsql_env, secrets_manager
):
    worker = start_worker(HANDLER, dsql_env)

    for _ in range(3):
        worker(health_event())  # shared: one probe
    worker(health_event(secrets_manager.secret))

    lines = worker.lines()
    assert [line["message"] for line in lines] == ["dsql.health.failed"] * 2
    assert {line["code"] for line in lines} == {"E201"}
    assert all({"text", "fix", "elapsed_ms"} <= set(line) for line in lines)


def test_neither_secret_nor_credentials_nor_offers_reach_the_log(
    start_worker, health_event, dsql_env, secrets_manager
):
    worker = start_worker(HANDLER, dsql_env)

    for offer in (None, "a-wrong-offer", secrets_manager.secret):
        worker(health_event(offer))

    log = worker.log.read_text()
    assert "internal_secret.refused" in log
    for private in ("a-wrong-offer", secrets_manager.secret, dsql_env["AWS_SECRET_ACCESS_KEY"]):
        assert private not in log


def test_an_unreadable_secret_makes_everyone_a_stranger(
    start_worker, health_event, dsql_env, secrets_manager
):
    secret, secrets_manager.secret = secrets_manager.secret, None
    worker = start_worker(HANDLER, dsql_env)

    answer = worker(health_event(secret))

    assert answer["body"] == '{"status": "error"}'
    (line,) = worker.lines("internal_secret.unreadable")
    assert line["code"] == "E310"
    assert "secretsmanager:GetSecretValue" in line["fix"]


def test_the_secret_is_read_once_for_many_calls(
    start_worker, health_event, dsql_env, secrets_manager
):
    worker = start_worker(HANDLER, dsql_env)

    for _ in range(5):
        worker(health_event(secrets_manager.secret))

    assert secrets_manager.reads == 1
