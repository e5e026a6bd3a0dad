"""The database's health as the API function tells it, asked of a real stand-in."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import botocore
import pytest

from vela.api.handler import Api
from vela.api.routes import Services
from vela.api.services.dsql_health import DsqlHealth
from vela.api.services.internal_secret import InternalSecret
from vela.dsql.health import probe
from vela.dsql.opening import Opener
from vela.dsql.pool import Pool


@pytest.fixture
def ask(health_event, secrets_manager):
    """Ask as the holder of the secret; give status and body."""

    def asking(api, *, secret=secrets_manager.secret):
        answer = api(health_event(secret))
        return answer["statusCode"], json.loads(answer["body"])

    return asking


def test_strangers_hear_that_all_is_well(start_api, function_env, vela_api, ask):
    api = start_api(function_env(vela_api))

    assert ask(api, secret=None) == (200, {"status": "ok"})
    assert ask(api, secret="wrong") == (200, {"status": "ok"})


def test_the_holder_of_the_secret_hears_what_happened(
    start_api, function_env, vela_api, ask, dsql_local
):
    api = start_api(function_env(vela_api))

    (first_status, first), (_, second) = ask(api), ask(api)

    host = dsql_local.ready["endpoint"]
    assert first_status == 200
    assert (first["cluster"], first["region"]) == (host.split(".")[0], host.split(".")[2])
    assert (first["role"], first["server_version"]) == ("vela_api", "16.15")
    assert 0 < first["token_ms"] < first["connect_ms"]
    assert first["query_ms"] > 0
    assert (first["reused"], second["reused"]) == (False, True)
    assert 0 <= first["age_s"] <= second["age_s"]
    assert second["connect_ms"] == first["connect_ms"]


def test_success_writes_no_line(start_api, function_env, vela_api, ask):
    api = start_api(function_env(vela_api))

    ask(api)
    ask(api, secret=None)

    assert api.lines("dsql.health.failed", "request.crashed") == []


def test_a_rotated_secret_is_picked_up_by_a_new_environment_without_a_deployment(
    start_worker, function_env, vela_api, ask, secrets_manager
):
    secrets_manager.secret = "rotated"
    api = start_worker("vela.api.handler.handler", function_env(vela_api))

    assert "cluster" in ask(api, secret="rotated")[1]


def test_a_role_without_permission_is_not_authorized(start_api, function_env, dsql_local, ask):
    nobody = dsql_local.principal("api-nobody")
    api = start_api(function_env(nobody))

    status, detail = ask(api)

    assert (status, detail["code"]) == (503, "E213")
    assert "not authorized" in detail["text"]
    assert "dsql:DbConnect on " + dsql_local.ready["cluster_arn"] in detail["fix"]


@pytest.mark.usefixtures("vela_api")
def test_a_role_nobody_mapped_is_told_apart(start_api, function_env, dsql_local, ask):
    stranger = dsql_local.principal("api-stranger", "dsql:DbConnect")
    api = start_api(function_env(stranger))

    _, detail = ask(api)

    assert (detail["code"], "AWS IAM GRANT vela_api" in detail["fix"]) == ("E214", True)


def test_a_token_from_the_past_is_expired(dsql_local, vela_api, ask):
    settings = dsql_local.settings("vela_api")
    hours_ago = Opener(
        settings=settings,
        credentials=lambda: vela_api.credentials,
        now=lambda: datetime.now(UTC) - timedelta(hours=3),
    )
    with Pool(settings, credentials=lambda: vela_api.credentials, opener=hours_ago) as pool:
        health = DsqlHealth(partial(probe, pool))
        services = Services(dsql_health=health, internal_secret=InternalSecret(lambda: "s"))
        api = Api(services)

        _, detail = ask(partial(api, request_id="r"), secret="s")

    assert (detail["code"], "clock" in detail["fix"]) == ("E211", True)


def test_the_admin_without_the_admin_permission_is_not_authorized(
    start_api, function_env, vela_api, ask
):
    _, detail = ask(start_api(function_env(vela_api, role="admin")))

    assert (detail["code"], "dsql:DbConnectAdmin" in detail["fix"]) == ("E213", True)


def test_a_ca_that_is_not_trusted_is_a_tls_failure(start_api, function_env, vela_api, ask):
    other = str(Path(botocore.__file__).with_name("cacert.pem"))
    api = start_api(function_env(vela_api, PGSSLROOTCERT=other))

    _, detail = ask(api)

    assert (detail["code"], other in detail["fix"]) == ("E203", True)


def test_a_sleeping_cluster_is_waking_up_and_then_well(
    start_api, function_env, dsql_local, vela_api, ask
):
    cluster_id = dsql_local.ready["endpoint"].split(".")[0]
    dsql_local.control("PUT", f"/clusters/{cluster_id}/status", {"status": "INACTIVE"})
    api = start_api(function_env(vela_api))

    _, waking = ask(api)
    status, well = ask(api)

    assert waking["code"] == "E220"
    assert (status, well["status"]) == (200, "ok")


def test_any_other_refusal_keeps_what_the_database_said(start_api, function_env, vela_api, ask):
    api = start_api(function_env(vela_api, DSQL_DATABASE="other"))

    _, detail = ask(api)

    assert (detail["code"], "other" in detail["text"]) == ("E200", True)
    (line,) = api.lines("dsql.health.failed")
    assert (line["code"], line["text"]) == ("E200", detail["text"])
