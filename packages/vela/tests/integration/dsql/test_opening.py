"""Every way a connection is refused, on the real parts, by either connector."""

import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.auth
import botocore.httpsession
import psycopg
import pytest

from vela.dsql import Deadline, Pool, classify, sign
from vela.dsql.opening import Opener
from vela.errors import (
    NameNotResolved,
    NotAuthorized,
    RoleNotMapped,
    TlsFailed,
    TokenExpired,
    Unreachable,
    WakingUp,
    WrongAction,
)
from vela.settings import Endpoint

# Public CAs, none of which signed dsql-local's certificate.
OTHER_CAS = str(Path(botocore.httpsession.__file__).with_name("cacert.pem"))


@pytest.fixture(params=["vela", "aws"])
def connector(request):
    return request.param


@pytest.fixture
def settings(dsql_local, connector):
    """What the API function of a deployed Vela has."""
    return dsql_local.settings(
        "vela_api",
        DSQL_CONNECTOR=connector,
        DSQL_VPC_ENDPOINT_ID="vpce-0a1b",
        DSQL_SECURITY_GROUP_ID="sg-0c2d",
    )


@pytest.fixture
def attempt(settings, vela_api):
    """Open one connection with some setting changed; the error of the attempt, if any."""

    def attempt(*, credentials=vela_api.credentials, deadline_s=10.0, **changes):
        changed = replace(settings, **changes)
        with (
            Pool(changed, credentials=lambda: credentials) as pool,
            pool.connection(deadline=Deadline.after(deadline_s)) as conn,
        ):
            return conn.execute("SELECT current_user").fetchone()

    return attempt


def hang_up_on_tls(listener):
    """Do what a PostgreSQL without TLS does when a handshake comes: leave."""
    conn, _ = listener.accept()
    with conn:
        conn.recv(65536)


def test_the_function_connects_as_its_database_role(attempt):
    assert attempt() == ("vela_api",)


def test_it_connects_by_the_host_it_has_inside_its_vpc(attempt, dsql_local, settings):
    service = dsql_local.control(
        "GET", f"/clusters/{settings.cluster_id}/vpc-endpoint-service-name"
    )
    private = Endpoint.parse(service["clusterVpcEndpoint"])

    assert private.private
    assert attempt(endpoint=private) == ("vela_api",)


def test_without_permission_it_is_not_authorized(attempt, dsql_local, settings):
    barred = dsql_local.principal("vela-barred")

    with pytest.raises(NotAuthorized, match="not authorized") as refused:
        attempt(credentials=barred.credentials)

    assert f"dsql:DbConnect on {settings.cluster_arn}" in refused.value.fix


def test_a_permission_that_is_taken_away_and_given_back(attempt, dsql_local, vela_api):
    dsql_local.allow(vela_api.arn)
    try:
        with pytest.raises(NotAuthorized):
            attempt()
    finally:
        dsql_local.allow(vela_api.arn, "dsql:DbConnect")

    assert attempt() == ("vela_api",)


def test_a_role_nobody_mapped_to_is_told_from_a_missing_permission(attempt, dsql_local, connector):
    role = f"unmapped_{connector}"
    dsql_local.as_admin(f"CREATE ROLE {role} WITH LOGIN")

    with pytest.raises(RoleNotMapped) as refused:
        attempt(role=role)

    assert f"AWS IAM GRANT {role} TO" in refused.value.fix


def test_an_expired_token_is_signed_anew_once_and_then_told(settings, vela_api, monkeypatch):
    moments = []

    def long_ago(**_):
        moments.append(datetime.now(UTC) - timedelta(hours=2))
        return moments[-1]

    monkeypatch.setattr(botocore.auth, "get_current_datetime", long_ago)
    opener = Opener(settings=settings, credentials=lambda: vela_api.credentials, now=long_ago)

    with pytest.raises(TokenExpired, match="Signature expired") as refused:
        opener.open(Deadline.after(10))

    assert "clock" in refused.value.fix
    assert len(moments) == 2


def test_a_token_that_expired_while_the_function_slept_does_no_harm(dsql_local, vela_api):
    times = iter([datetime.now(UTC) - timedelta(hours=2), datetime.now(UTC)])
    opener = Opener(
        settings=dsql_local.settings("vela_api"),
        credentials=lambda: vela_api.credentials,
        now=lambda: next(times),
    )

    with opener.open(Deadline.after(10)) as conn:
        assert conn.execute("SELECT current_user").fetchone() == ("vela_api",)


@pytest.mark.parametrize(
    ("user", "action"), [("admin", "DbConnect"), ("vela_api", "DbConnectAdmin")]
)
def test_a_token_for_the_other_action_is_told(dsql_local, user, action):
    settings = dsql_local.settings(user)
    token = sign(
        host=settings.endpoint.host,
        region=settings.region,
        user=user,
        action=action,
        credentials=dsql_local.admin,
        now=datetime.now(UTC),
    )
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(
            host=settings.endpoint.host,
            hostaddr=settings.host_address,
            port=settings.port,
            user=user,
            dbname="postgres",
            password=token,
            sslmode="verify-full",
            sslrootcert=settings.root_certificate,
        )

    found = classify(refused.value, settings)

    assert type(found) is WrongAction
    assert f"user: {user}, action: {action}" in found.what
    assert token not in str(found)


def test_a_ca_that_did_not_sign_is_told(attempt):
    with pytest.raises(TlsFailed, match="not signed by a CA this side trusts") as refused:
        attempt(root_certificate=OTHER_CAS)

    assert OTHER_CAS in refused.value.fix


def test_a_certificate_of_another_name_is_told(attempt, settings):
    elsewhere = Endpoint.parse(settings.endpoint.host.replace("us-east-1", "eu-west-1"))

    with pytest.raises(TlsFailed):
        attempt(endpoint=elsewhere)


def test_a_server_without_tls_is_told(attempt):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        threading.Thread(target=hang_up_on_tls, args=(listener,), daemon=True).start()
        with pytest.raises(TlsFailed, match=f"port {port}"):
            attempt(port=port)


def test_a_name_without_an_address_is_told_from_no_route(attempt):
    nowhere = Endpoint.parse(f"{'z' * 26}.dsql-none.us-east-1.on.aws")

    with pytest.raises(NameNotResolved, match=nowhere.host) as refused:
        attempt(endpoint=nowhere, host_address=None)

    assert "vpce-0a1b" in refused.value.fix
    assert "private DNS" in refused.value.fix


def test_a_port_where_nobody_listens_is_told(attempt):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]

    with pytest.raises(Unreachable, match=f"port {closed}"):
        attempt(port=closed)


def test_a_missing_rule_of_the_security_group_is_told_within_the_deadline(attempt, black_hole):
    port = black_hole("127.0.0.1", 0)
    started = time.monotonic()

    with pytest.raises(Unreachable, match="did not answer in time") as refused:
        attempt(port=port, deadline_s=0.5)

    assert time.monotonic() - started < 5.0
    assert f"inbound rule TCP {port} to security group sg-0c2d" in refused.value.fix
    assert "vpce-0a1b" in refused.value.fix


def test_an_address_that_is_silent_leaves_time_for_the_next(
    dsql_local, vela_api, black_hole, monkeypatch
):
    real = socket.getaddrinfo
    silent, sound = "127.0.0.9", dsql_local.ready["host"]

    def two_addresses(_, port, **kwargs):
        return [*real(silent, port, **kwargs), *real(sound, port, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    settings = replace(dsql_local.settings("vela_api"), host_address=None)
    black_hole(silent, settings.port)
    opener = Opener(settings=settings, credentials=lambda: vela_api.credentials)

    with opener.open(Deadline.after(3.0)) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_cluster_that_sleeps_is_woken_and_told(attempt, dsql_local, settings):
    dsql_local.control("PUT", f"/clusters/{settings.cluster_id}/status", {"status": "INACTIVE"})

    with pytest.raises(WakingUp, match="waking up"):
        attempt()

    assert attempt() == ("vela_api",)
