"""What went wrong between Vela and the cluster, told apart in one place.

Law: a cause is a row of `RULES`, the first row that matches decides, and a row cites where its
text was seen. libpq keeps no SQLSTATE of a refused connection, only its text (``FATAL:`` and
``HINT:`` lines), so rows match texts; an error on an open connection has its SQLSTATE.
Sources: [T] https://docs.aws.amazon.com/aurora-dsql/latest/userguide/troubleshooting.html,
[Q] https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html,
[P] PostgreSQL's ``src/interfaces/libpq`` (fe-connect.c, fe-secure-openssl.c, fe-misc.c).
"""

import re
import socket
from dataclasses import dataclass

import psycopg

from vela.errors import (
    AccessDenied,
    Conflict,
    ConnectionLost,
    ConnectionRateExceeded,
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
from vela.settings import DsqlSettings

ROUTE = (
    "add an inbound rule TCP 5432 to {security_group} from the function's security group, "
    "and check that {endpoint} is in the function's VPC"
)
OPENING = r"^connection (?:failed|is bad):.*"  # psycopg's prefix to any error before ReadyForQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One cause: how it is recognised, what it is called, and what cures it."""

    id: str
    error: type[DsqlError]
    what: str
    fix: str
    evidence: str
    pattern: str = ""
    sqlstates: frozenset[str] = frozenset()
    kind: type[BaseException] = psycopg.Error

    def matches(self, exc: BaseException, sqlstate: str | None, text: str) -> bool:
        """Tell whether *exc* is of this cause, by its type and then by SQLSTATE or text."""
        if not isinstance(exc, self.kind):
            return False
        if not self.pattern and not self.sqlstates:
            return True
        found = self.pattern and re.search(self.pattern, text, re.IGNORECASE | re.DOTALL)
        return sqlstate in self.sqlstates or bool(found)


RULES: tuple[Rule, ...] = (
    Rule(
        id="name-not-resolved",
        kind=socket.gaierror,
        error=NameNotResolved,
        what="{host} has no address here: {text}",
        fix="check DSQL_ENDPOINT, and that {endpoint} exists with private DNS on",
        evidence="getaddrinfo(3)",
    ),
    Rule(
        id="timed-out",
        kind=psycopg.errors.ConnectionTimeout,
        error=Unreachable,
        what="{host}, port {port}, did not answer in time",
        fix=ROUTE,
        evidence="Connection.connect's deadline",
    ),
    Rule(
        id="token-expired",
        pattern=r"access denied.*Signature expired",
        error=TokenExpired,
        what="access denied to {host}: {text}",
        fix="a fresh token was refused too: check this machine's clock, then whether its "
        "credentials have ended",
        evidence="[T] authentication",
    ),
    Rule(
        id="wrong-action",
        pattern=r"access denied.*Wrong user to action mapping",
        error=WrongAction,
        what="access denied to {host}: {text}",
        fix="sign DbConnectAdmin for the role admin and DbConnect for every other role",
        evidence="[T] authentication",
    ),
    Rule(
        id="not-authorized",
        pattern=r"access denied.*not authorized",
        error=NotAuthorized,
        what="access denied to {host}: {text}",
        fix="give the function's role {action} on {cluster_arn}; redeploy ApiStack",
        evidence="[T] authentication",
    ),
    Rule(
        id="role-not-mapped",
        pattern=r"access denied(?!.*\bHINT:)",
        error=RoleNotMapped,
        what="access denied to {host}: IAM allows it, but no IAM role of ours is mapped to the "
        "database role {role}",
        fix="map it: as admin, AWS IAM GRANT {role} TO '<ARN of the function's IAM role>'; on this "
        "machine `vela psql` is admin",
        evidence="SQLSTATE 28000 without HINT; "
        "https://github.com/aws-devtools-labs/aws-blocks #556, a replaced IAM role",
    ),
    Rule(
        id="access-denied",
        pattern=r"access denied|IAM authentication failed|X-Amz-Expires must be",
        sqlstates=frozenset({"28000", "28P01"}),
        error=AccessDenied,
        what="access denied to {host}: {text}",
        fix="check the token's host, region and role, then {action} on {cluster_arn}",
        evidence="[T] authentication",
    ),
    Rule(
        id="waking-up",
        pattern=r"waking up cluster",
        error=WakingUp,
        what="cluster {cluster_id} was idle for long and is waking up",
        fix="try again in some seconds; this attempt woke it",
        evidence="https://docs.aws.amazon.com/aurora-dsql/latest/userguide/cluster-lifecycle.html",
    ),
    Rule(
        id="too-many-connections",
        pattern=r"too many (?:open )?connections",
        sqlstates=frozenset({"53300"}),
        error=TooManyConnections,
        what="cluster {cluster_id} has as many connections as its quota allows",
        fix="lower the function's concurrency or the pool's size, or ask AWS to raise the quota",
        evidence="[Q] 53300",
    ),
    Rule(
        id="rate-exceeded",
        pattern=r"unable to accept connection, rate exceeded",
        sqlstates=frozenset({"53400"}),
        error=ConnectionRateExceeded,
        what="connections to cluster {cluster_id} are opened faster than its quota allows",
        fix="wait before connecting again and keep connections open between requests",
        evidence="[Q] 53400",
    ),
    Rule(
        id="untrusted-certificate",
        pattern=OPENING + r"certificate verify failed",
        error=TlsFailed,
        what="the certificate of {host} is not signed by a CA this side trusts",
        fix="trust its CA: PGSSLROOTCERT is {root_certificate}; on AWS it must have Amazon Root CA "
        "1, locally it is the CA file of dsql-local",
        evidence="[P] tls_construct: certificate verify failed",
    ),
    Rule(
        id="other-host-name",
        pattern=OPENING + r"server certificate for .* does not match host name",
        error=TlsFailed,
        what="who answers at {host} has a certificate of another name: {text}",
        fix="check DSQL_ENDPOINT, and what the name resolves to in this network",
        evidence="[P] fe-secure-common.c",
    ),
    Rule(
        id="no-root-certificate",
        pattern=OPENING + r"root certificate file",
        error=TlsFailed,
        what="the bundle of trusted CAs cannot be read: {text}",
        fix="check PGSSLROOTCERT, which is {root_certificate}",
        evidence="[P] fe-secure-openssl.c",
    ),
    Rule(
        id="no-tls",
        pattern=OPENING + r"(?:\bSSL\b|\bTLS\b|SSLRequest|SSL negotiation)",
        error=TlsFailed,
        what="no TLS session with {host} came about: {text}",
        fix="check that port {port} of {host} is an Aurora DSQL endpoint and nothing is in between",
        evidence="[P] fe-secure-openssl.c",
    ),
    Rule(
        id="unreachable",
        pattern=OPENING + r"(?:refused|timed out|timeout expired|no route|unreachable|reset by"
        r"|server closed the connection|could not (?:send|receive)|Cannot assign)",
        error=Unreachable,
        what="no connection to {host}, port {port}: {text}",
        fix=ROUTE,
        evidence="[P] connectFailureMessage, connect(2)",
    ),
    Rule(
        id="connection-lost",
        pattern=r"server closed the connection|SSL connection has been closed|SSL SYSCALL|SSL error"
        r"|connection (?:is|was) (?:lost|closed)|connection (?:socket closed|reset by)"
        r"|consuming input failed|sending query.* failed|no connection to the server",
        sqlstates=frozenset({"57P01", "57P02", "08000", "08003", "08006"}),
        error=ConnectionLost,
        what="the open connection to {host} broke: {text}",
        fix="try again: what was not committed did not happen",
        evidence="[P] fe-misc.c, fe-secure-openssl.c",
    ),
    Rule(
        id="conflict",
        sqlstates=frozenset({"40001"}),
        error=Conflict,
        what="another transaction committed first: {text}",
        fix="run it through vela.dsql.transaction, which tries again",
        evidence="https://docs.aws.amazon.com/aurora-dsql/latest/userguide/"
        "working-with-concurrency-control.html",
    ),
    Rule(
        id="other",
        kind=Exception,
        error=DsqlError,
        what="{host} answered {text}",
        fix="look the SQLSTATE up in PostgreSQL's appendix A and in the Aurora DSQL user guide",
        evidence="whatever is left",
    ),
)

_PREFIX = re.compile(
    r"^connection (?:failed|is bad): (?:connection to server at .*? failed: )?|\bFATAL:\s+",
    re.DOTALL,
)


def classify(exc: BaseException, settings: DsqlSettings) -> DsqlError:
    """Find the cause of *exc* and say what cures it; what is classified already stays as it is."""
    if isinstance(exc, DsqlError):
        return exc
    sqlstate = getattr(exc, "sqlstate", None)
    text = _text_of(exc)
    rule = next(rule for rule in RULES if rule.matches(exc, sqlstate, text))
    facts = _facts(settings) | {"text": _brief(text, sqlstate)}
    return rule.error(rule.what.format_map(facts), rule.fix.format_map(facts))


def _text_of(exc: BaseException) -> str:
    """Give an error on an open connection the same form libpq gives one while opening."""
    if isinstance(exc, socket.gaierror):
        return str(exc.strerror)
    if isinstance(exc, psycopg.Error) and exc.diag.message_hint:
        return f"{exc.diag.message_primary}\nHINT:  {exc.diag.message_hint}"
    return str(exc)


def _brief(text: str, sqlstate: str | None) -> str:
    """Say it in one line, without what the sentence around it says already."""
    line = " ".join(_PREFIX.sub("", text).split()).rstrip(".")
    return f"{sqlstate}: {line}" if sqlstate else line


def _facts(settings: DsqlSettings) -> dict[str, object]:
    return {
        "host": settings.endpoint.host,
        "port": settings.port,
        "role": settings.role,
        "action": "dsql:DbConnectAdmin" if settings.role == "admin" else "dsql:DbConnect",
        "cluster_arn": settings.cluster_arn,
        "cluster_id": settings.cluster_id,
        "root_certificate": settings.root_certificate,
        "endpoint": f"endpoint {settings.vpc_endpoint_id or 'of the cluster'}",
        "security_group": f"security group {settings.security_group_id or 'of the endpoint'}",
    }
