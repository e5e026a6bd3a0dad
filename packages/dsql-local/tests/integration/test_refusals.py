"""Each reason to refuse a connection, as it is said on the wire."""

import contextlib
import secrets
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import psycopg
import pytest

from dsql_local.server import tls
from dsql_local.wire import startup
from dsql_local.wire.frames import frame
from dsql_local.wire.messages import fields_of

DENIED = "unable to accept connection, access denied"


def refusal(cluster, token, **parameters):
    with cluster.raw() as wire:
        wire.start(token, **parameters)
        return wire.error()


def denied(hint):
    return {"S": "FATAL", "V": "FATAL", "C": "08006", "M": DENIED, "H": hint}


def test_an_expired_token_says_since_when(server):
    found = refusal(server.cluster, server.cluster.token(server.owner, now=time.time() - 1000))

    assert found | {"H": ""} == denied("")
    assert found["H"].startswith("Signature expired: ")


def test_an_admin_needs_a_token_for_admins(server):
    token = server.cluster.token(server.owner, user="app")

    expected = "Wrong user to action mapping. user: admin, action: DbConnect"
    assert refusal(server.cluster, token) == denied(expected)


def test_another_role_needs_a_token_for_roles(server):
    token = server.cluster.token(server.owner, user="admin")

    expected = "Wrong user to action mapping. user: app, action: DbConnectAdmin"
    assert refusal(server.cluster, token, user="app") == denied(expected)


def test_without_permission_the_hint_names_who_may_not_do_what(server, policy):
    cluster = server.cluster
    poor = server.identity("poor", policy("dsql:DbConnect"))

    expected = (
        f"User: {poor.principal} is not authorized to perform:"
        f" dsql:DbConnectAdmin on resource: {cluster.arn}"
    )
    found = refusal(cluster, cluster.token(poor))
    assert found | {"H": ""} == denied("")
    assert found["H"].startswith(expected)


def test_a_role_that_is_not_mapped_is_refused_without_a_hint(server, policy, role_name):
    cluster = server.cluster
    caller = server.identity("caller", policy("dsql:DbConnect"))
    with cluster.connect() as connection:
        connection.execute(f"CREATE ROLE {role_name} WITH LOGIN")

    found = refusal(cluster, cluster.token(caller, user=role_name), user=role_name)

    assert found == {"S": "FATAL", "V": "FATAL", "C": "28000", "M": DENIED}


@pytest.mark.parametrize("role", ["no_such_role", "dsql_local", "pg_read_all_data"])
def test_a_role_nobody_may_become_is_not_told_from_one_that_is_not_mapped(server, policy, role):
    caller = server.identity("caller", policy("dsql:DbConnect"))

    found = refusal(server.cluster, server.cluster.token(caller, user=role), user=role)

    assert (found["C"], found["M"]) == ("28000", DENIED)
    assert "H" not in found


def test_a_mapping_to_another_identity_does_not_count(server, policy, role_name):
    cluster = server.cluster
    mapped = server.identity("mapped", policy("dsql:DbConnect"))
    other = server.identity("other", policy("dsql:DbConnect"))
    cluster.grant(role_name, mapped.principal)

    with cluster.connect(user=role_name, password=cluster.token(mapped, user=role_name)) as fine:
        assert fine.execute("SELECT current_user").fetchone() == (role_name,)
    found = refusal(cluster, cluster.token(other, user=role_name), user=role_name)
    assert found["C"] == "28000"


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"region": "eu-west-1"}, "Credential should be scoped to a valid region: 'us-east-1'."),
        ({"host": "q" * 26 + ".dsql.us-east-1.on.aws"}, "The token was generated for host q"),
    ],
)
def test_a_token_for_elsewhere_is_refused(server, changes, hint):
    found = refusal(server.cluster, server.cluster.token(server.owner, **changes))

    assert (found["C"], found["M"]) == ("08006", DENIED)
    assert found["H"].startswith(hint)


def test_a_token_for_another_service_is_refused(server):
    token = server.cluster.token(server.owner).replace("%2Fdsql%2F", "%2Frds-db%2F")

    expected = "Credential should be scoped to correct service: 'dsql'."
    assert refusal(server.cluster, token) == denied(expected)


def test_a_tampered_signature_is_refused(server):
    token = server.cluster.token(server.owner)
    last = "0" if token[-1] != "0" else "1"

    found = refusal(server.cluster, token[:-1] + last)

    assert found["H"].startswith("The request signature we calculated does not match")


def test_an_unknown_key_is_refused(server):
    stranger = replace(server.owner, access_key_id="AKIA" + secrets.token_hex(8).upper())

    assert refusal(server.cluster, server.cluster.token(stranger))["C"] == "08006"


@pytest.mark.parametrize("password", ["", "secret", "x" * 60_000, "host/?Action=DbConnect&X-Amz"])
def test_what_is_no_token_is_refused(server, password):
    found = refusal(server.cluster, password)

    assert (found["C"], found["M"]) == ("08006", DENIED)


def test_asyncpg_reports_sqlstate_and_hint(server, resolving_loop):
    asked = server.cluster.conninfo()
    expired = server.cluster.token(server.owner, now=time.time() - 1000)

    async def connect():
        await asyncpg.connect(
            host=asked["host"],
            port=asked["port"],
            user="admin",
            password=expired,
            database="postgres",
            ssl="require",
        )

    with pytest.raises(asyncpg.PostgresError) as caught:
        resolving_loop(connect())

    assert caught.value.sqlstate == "08006"
    assert caught.value.message == DENIED
    assert str(caught.value.hint).startswith("Signature expired: ")


def test_an_inactive_cluster_is_woken_by_the_first_who_comes(server, cluster):
    server.control("PUT", f"/clusters/{cluster.identifier}/status", {"status": "INACTIVE"})

    with pytest.raises(psycopg.OperationalError, match="waking up cluster, please retry later"):
        cluster.connect()
    with cluster.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_another_database_does_not_exist(server):
    found = refusal(server.cluster, server.cluster.token(server.owner), database="template1")

    assert (found["C"], found["M"]) == ("3D000", 'database "template1" does not exist')


@pytest.mark.parametrize(
    "parameters",
    [
        {"client_min_messages": "debug5"},
        {"options": "-c client_min_messages=debug5"},
        {"options": "-c search_path=a --client-min-messages=debug5"},
    ],
)
def test_a_setting_off_the_list_is_refused_by_name(server, parameters):
    found = refusal(server.cluster, None, **parameters)

    message = 'setting configuration parameter "client_min_messages" not supported'
    assert (found["S"], found["C"], found["M"]) == ("FATAL", "0A000", message)


def test_settings_on_the_list_arrive(server):
    options = r"-c search_path=a,\ public -c disable_sync_create_index=off"
    with server.cluster.connect(options=options, application_name="spec") as connection:
        shown = [
            connection.execute(f"SHOW {s}").fetchone() for s in ("search_path", "application_name")
        ]

        assert shown == [("a, public",), ("spec",)]


def test_a_bad_value_of_an_allowed_setting_is_postgresqls_to_refuse(server):
    with pytest.raises(psycopg.OperationalError, match='invalid value for parameter "TimeZone"'):
        server.cluster.connect(options="-c timezone=nowhere/else")


def test_plaintext_is_refused(server):
    with socket.create_connection(("127.0.0.1", server.facts.port), 30) as plain:
        plain.sendall(startup.encode({"user": "admin"}))
        found = fields_of(plain.makefile("rb").read()[5:])

    assert (found["S"], found["C"]) == ("FATAL", "08P01")
    assert "SSL is mandatory" in found["M"]


def test_psycopg_is_told_that_tls_is_mandatory(server):
    with pytest.raises(psycopg.OperationalError, match="SSL is mandatory"):
        server.cluster.connect(sslmode="disable")


def test_without_a_server_name_nobody_is_let_in(server):
    with server.cluster.raw(server_name=None) as wire:
        wire.start("any")
        found = wire.error()

    assert found["S"] == "FATAL"
    assert found["M"] == "unable to accept connection, sni was not received"


def test_a_name_no_cluster_has_is_refused(server):
    stranger = "q" * 26 + ".dsql.us-east-1.on.aws"
    with server.cluster.raw(server_name=stranger) as wire:
        wire.start("any")
        found = wire.error()

    assert found["S"] == "FATAL"
    assert found["M"] == f"unable to accept connection, no cluster has the endpoint {stranger}"


def test_a_wrong_root_certificate_fails_verification(server, tmp_path):
    other = tls.Files(directory=tmp_path)
    tls.provide(other, ["x.on.aws"], datetime.now(UTC))

    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        server.cluster.connect(sslrootcert=str(other.authority))


def test_a_host_outside_the_certificate_fails_verification(server):
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        server.cluster.connect(host="a.b.dsql.us-east-1.on.aws")


def test_nothing_sent_ahead_of_a_refusal_reaches_postgresql(cluster):
    forbidden = frame(b"Q", b"CREATE TABLE leaked (a int)\0")
    with cluster.raw() as wire, contextlib.suppress(ConnectionError):
        wire.start("no token")
        wire.send(forbidden)
        assert wire.error()["M"] == DENIED

    with cluster.connect() as connection:
        assert connection.execute("SELECT to_regclass('leaked')").fetchone() == (None,)


def test_what_is_sent_ahead_of_a_grant_is_answered_after_it(server):
    with server.cluster.raw() as wire:
        wire.start(server.cluster.token(server.owner))
        wire.send(frame(b"Q", b"SELECT 42\0"))
        wire.messages("Z")
        answer = [kind for kind, _ in wire.messages("Z")]

    assert answer == ["T", "D", "C", "Z"]


def test_a_client_of_a_newer_protocol_is_told_which_one_it_gets(server):
    body = b"user\0admin\0database\0postgres\0_pq_.new\0on\0\0"
    version = (3 << 16).to_bytes(4, "big")
    with server.cluster.raw() as wire:
        wire.send((8 + len(body)).to_bytes(4, "big") + (3 << 16 | 2).to_bytes(4, "big") + body)
        kind, offered = wire.receive()

    assert (kind, offered) == ("v", version + (1).to_bytes(4, "big") + b"_pq_.new\0")
