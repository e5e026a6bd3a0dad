"""Who may in: the registry's knowledge put to the authenticator's questions.

Law: decides at once from what is in memory; time is an argument.
"""

from dsql_local.auth import Refusal, authenticate, role_not_mapped
from dsql_local.server.registry import Cluster, Registry
from dsql_local.wire.messages import Problem

NO_SNI = Problem(sqlstate="08P01", message="unable to accept connection, sni was not received")
# The service's SQLSTATE for this is not on record; this one is that of its other connect errors.
WAKING_UP = Problem(
    sqlstate="08006",
    message="unable to accept connection, waking up cluster, please retry later",
)
TLS_ONLY = Problem(
    sqlstate="08P01",
    message="unable to accept connection, SSL is mandatory. Use sslmode=verify-full",
)


def problem(refusal: Refusal) -> Problem:
    """Say a refusal on the wire."""
    return Problem(sqlstate=refusal.sqlstate, message=refusal.message, hint=refusal.hint)


NOT_MAPPED = problem(role_not_mapped())


class Admission:
    """The door of every cluster in a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def turned_away(self, host: str | None) -> Problem | None:
        """Why nobody is let in under this name, if so."""
        if host is None:
            return NO_SNI
        if self._registry.cluster_by_host(host) is None:
            message = f"unable to accept connection, no cluster has the endpoint {host}"
            return Problem(sqlstate="08006", message=message)
        return None

    def decide(self, host: str, *, user: str, token: str, now: float) -> str | Problem:
        """Return the principal the token proves, or why it does not suffice."""
        cluster = self._registry.cluster_by_host(host)
        if cluster is None:  # deleted while the client was busy
            return self.turned_away(host) or NO_SNI
        if cluster.status == "INACTIVE":
            self._registry.set_status(cluster.identifier, "ACTIVE")
            return WAKING_UP
        return self._verified(cluster, host=host, user=user, token=token, now=now)

    def _verified(
        self, cluster: Cluster, *, host: str, user: str, token: str, now: float
    ) -> str | Problem:
        verdict = authenticate(
            token,
            user=user,
            host=host,
            cluster_arn=cluster.arn,
            region=self._registry.region,
            hosts=cluster.hosts,
            now=now,
            credential=self._registry.credential,
            policies=self._registry.policies,
        )
        return problem(verdict) if isinstance(verdict, Refusal) else verdict.principal

    def cluster_of(self, host: str) -> Cluster | None:
        """The cluster with this endpoint."""
        return self._registry.cluster_by_host(host)
