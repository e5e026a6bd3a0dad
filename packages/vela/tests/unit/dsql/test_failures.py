"""Every known cause, from the text libpq or the server gives, to the error with its cure."""

import dataclasses
import socket

import psycopg
import pytest
from psycopg import errors as pg

from vela.dsql.failures import RULES, classify
from vela.errors import (
    AccessDenied,
    Conflict,
    ConnectionLost,
    ConnectionRateExceeded,
    DeadlineExceeded,
    DsqlError,
    NameNotResolved,
    NotAuthorized,
    RoleNotMapped,
    TlsFailed,
    TokenExpired,
    TooManyConnections,
    Unreachable,
    WakingUp,
    WrongAction,
)
from vela.settings import DsqlSettings, Endpoint

CLUSTER = "abcdefghijklmnopqrstuvwxy2"
HOST = f"{CLUSTER}.dsql-fnh4.us-east-1.on.aws"
ARN = f"arn:aws:dsql:us-east-1:123456789012:cluster/{CLUSTER}"
SETTINGS = DsqlSettings(
    endpoint=Endpoint.parse(HOST),
    role="vela_api",
    cluster_arn=ARN,
    root_certificate="/etc/pki/tls/certs/ca-bundle.crt",
    vpc_endpoint_id="vpce-0a1b",
    security_group_id="sg-0c2d",
)
OPENING = f'connection failed: connection to server at "{HOST}" (10.0.0.1), port 5432 failed: '
DENIED = OPENING + "FATAL:  unable to accept connection, access denied\n"

# One example a cause: (rule, text, error, what its message must hold).
TEXTS = [
    ("token-expired", DENIED + "HINT:  Signature expired: 20261122", TokenExpired, "clock"),
    (
        "wrong-action",
        DENIED + "HINT:  Wrong user to action mapping. user: admin, action: DbConnect",
        WrongAction,
        "DbConnectAdmin for the role admin",
    ),
    (
        "not-authorized",
        DENIED + "HINT:  User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: "
        f"dsql:DbConnect on resource: {ARN}",
        NotAuthorized,
        f"dsql:DbConnect on {ARN}; redeploy ApiStack",
    ),
    (
        "not-authorized",
        DENIED + "HINT:  User is not authorized to access this resource",
        NotAuthorized,
        "dsql:DbConnect",
    ),
    ("role-not-mapped", DENIED, RoleNotMapped, "AWS IAM GRANT vela_api TO"),
    ("access-denied", DENIED + "HINT:  something new", AccessDenied, "something new"),
    (
        "access-denied",
        OPENING + 'FATAL:  IAM authentication failed for user "vela_api"',
        AccessDenied,
        "IAM authentication failed",
    ),
    (
        "access-denied",
        OPENING + "FATAL:  X-Amz-Expires must be less than a week (in seconds)",
        AccessDenied,
        "a week",
    ),
    (
        "waking-up",
        OPENING + "FATAL:  unable to accept connection, waking up cluster, please retry later",
        WakingUp,
        CLUSTER,
    ),
    (
        "too-many-connections",
        OPENING + "FATAL:  Unable to accept connection, too many open connections.",
        TooManyConnections,
        "quota",
    ),
    (
        "rate-exceeded",
        OPENING + "FATAL:  Unable to accept connection, rate exceeded.",
        ConnectionRateExceeded,
        "quota",
    ),
    (
        "untrusted-certificate",
        OPENING + "SSL error: certificate verify failed",
        TlsFailed,
        "ca-bundle.crt",
    ),
    (
        "other-host-name",
        OPENING + f'server certificate for "*.example.com" does not match host name "{HOST}"',
        TlsFailed,
        "*.example.com",
    ),
    (
        "no-root-certificate",
        'connection is bad: root certificate file "/x.pem" does not exist',
        TlsFailed,
        "PGSSLROOTCERT",
    ),
    ("no-tls", OPENING + "server does not support SSL, but SSL was required", TlsFailed, HOST),
    ("no-tls", OPENING + "SSL error: unrecognized SSL error code: 6", TlsFailed, HOST),
    ("no-tls", OPENING + "SSL SYSCALL error: EOF detected", TlsFailed, HOST),
    ("no-tls", OPENING + "received invalid response to SSL negotiation: H", TlsFailed, HOST),
    (
        "unreachable",
        OPENING + "Connection refused\n\tIs the server running on that host?",
        Unreachable,
        "TCP 5432 to security group sg-0c2d",
    ),
    ("unreachable", OPENING + "No route to host", Unreachable, "vpce-0a1b"),
    ("unreachable", OPENING + "Network is unreachable", Unreachable, "vpce-0a1b"),
    (
        "unreachable",
        OPENING + "server closed the connection unexpectedly\n\tThis probably means …",
        Unreachable,
        "vpce-0a1b",
    ),
    (
        "connection-lost",
        "consuming input failed: server closed the connection unexpectedly",
        ConnectionLost,
        "did not happen",
    ),
    ("connection-lost", "SSL connection has been closed unexpectedly", ConnectionLost, HOST),
    ("connection-lost", "the connection is lost", ConnectionLost, HOST),
    ("connection-lost", "the connection is closed", ConnectionLost, HOST),
    ("other", OPENING + "FATAL:  the moon is full", DsqlError, "the moon is full"),
]


def deciding(text):
    """The rule that decides over a text without SQLSTATE."""
    exc = psycopg.OperationalError(text)
    return next(rule.id for rule in RULES if rule.matches(exc, None, text))


@pytest.mark.parametrize(
    ("rule", "text", "error", "held"), TEXTS, ids=[f"{t[0]}-{i}" for i, t in enumerate(TEXTS)]
)
def test_a_refused_connection_is_told_by_its_text(rule, text, error, held):
    found = classify(psycopg.OperationalError(text), SETTINGS)

    assert type(found) is error
    assert held in str(found)
    assert found.fix
    assert deciding(text) == rule


@pytest.mark.parametrize(
    ("raised", "error", "held"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), NameNotResolved, HOST),
        (pg.ConnectionTimeout("connection failed: timeout expired"), Unreachable, "sg-0c2d"),
        (pg.SerializationFailure("change conflicts (OC000)"), Conflict, "40001"),
        (pg.TooManyConnections("too many open connections"), TooManyConnections, CLUSTER),
        (pg.ConfigurationLimitExceeded("rate exceeded"), ConnectionRateExceeded, CLUSTER),
        (pg.AdminShutdown("terminating connection"), ConnectionLost, HOST),
        (pg.InvalidAuthorizationSpecification("no"), AccessDenied, "28000"),
        (pg.FeatureNotSupported("not here"), DsqlError, "0A000: not here"),
        (OSError("something of the system"), DsqlError, "something of the system"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_told_by_its_kind_or_sqlstate(raised, error, held):
    found = classify(raised, SETTINGS)

    assert type(found) is error
    assert held in str(found)


def test_what_is_classified_already_stays_as_it_is():
    late = DeadlineExceeded("late", "wait")

    assert classify(late, SETTINGS) is late


def test_the_role_admin_is_advised_to_the_action_of_admin():
    admin = dataclasses.replace(SETTINGS, role="admin")

    found = classify(psycopg.OperationalError(DENIED + "HINT:  not authorized"), admin)

    assert f"dsql:DbConnectAdmin on {ARN}" in found.fix


def test_without_ids_of_the_network_advice_still_reads():
    bare = dataclasses.replace(SETTINGS, vpc_endpoint_id=None, security_group_id=None)

    found = classify(psycopg.OperationalError(OPENING + "Connection refused"), bare)

    assert "TCP 5432 to security group of the endpoint from" in found.fix
    assert "endpoint of the cluster is in the function's VPC" in found.fix


@pytest.mark.parametrize(
    "raised", [pytest.param(psycopg.OperationalError(t[1]), id=str(i)) for i, t in enumerate(TEXTS)]
)
def test_a_message_is_one_line_without_libpqs_preamble(raised):
    message = str(classify(raised, SETTINGS))

    assert "\n" not in message
    assert "connection to server at" not in message
    assert "{" not in message


def test_every_rule_cites_where_its_text_was_seen():
    assert all(rule.evidence and rule.fix for rule in RULES)
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_every_rule_has_an_example():
    by_kind = {"name-not-resolved", "timed-out", "conflict"}

    assert {text[0] for text in TEXTS} | by_kind == {rule.id for rule in RULES}
