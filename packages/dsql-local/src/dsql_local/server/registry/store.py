"""The registry: clusters, principals and credentials, kept across restarts.

Law: a mutation returns only once it is durable, and happens wholly or not at all. Readers never
wait: they see the last durable state, one immutable value. Mutations may come from any thread;
they take turns.
"""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from dsql_local.auth import Credential, Policy
from dsql_local.errors import (
    ClientTokenReused,
    ClusterNotFound,
    ClusterProtected,
    ClusterQuotaExceeded,
    PolicyMalformed,
    RegistryMismatch,
)
from dsql_local.server.registry import durable
from dsql_local.server.registry.cluster import (
    OWNED_KEY,
    Cluster,
    Status,
    new_identifier,
    new_suffix,
)
from dsql_local.server.registry.state import Principal, State, decode, encode

# https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
CLUSTER_QUOTA: Final = 20


class Registry:
    """What the control plane knows, in one file of *directory*."""

    def __init__(self, directory: Path, *, region: str, account: str) -> None:
        self.path = directory / "state"
        self._turn = threading.Lock()
        if (body := durable.read(self.path)) is None:
            self._state = State(region=region, account=account, suffix=new_suffix())
            durable.write(self.path, encode(self._state))
        else:
            self._state = _decode(self.path, body)
        self._must_be("region", region, self._state.region)
        self._must_be("account", account, self._state.account)

    def _must_be(self, name: str, asked: str, kept: str) -> None:
        if asked != kept:
            what = f"The registry {self.path} is of {name} {kept}, not {asked}"
            raise RegistryMismatch(what, f"use {name} {kept}, or another data directory")

    @property
    def region(self) -> str:
        """The region of every cluster."""
        return self._state.region

    @property
    def account(self) -> str:
        """The account of every cluster."""
        return self._state.account

    @property
    def suffix(self) -> str:
        """The label of the PrivateLink service, constant for the data directory."""
        return self._state.suffix

    # Clusters

    def create_cluster(
        self,
        *,
        now: float,
        deletion_protection: bool = True,
        tags: Mapping[str, str] | None = None,
        kms_key: str = OWNED_KEY,
        client_token: str | None = None,
    ) -> Cluster:
        """Create a cluster; the same *client_token* and request again give the same cluster."""
        digest = sha256(json.dumps([deletion_protection, tags or {}, kms_key]).encode()).hexdigest()
        with self._turn:
            if client_token and (made := self._made_for(client_token)):
                if made.request_digest != digest:
                    what = f"The client token was used to create cluster {made.identifier}"
                    raise ClientTokenReused(what, "use another token for another request")
                return made
            if len(self._state.clusters) >= CLUSTER_QUOTA:
                fix = f"delete one of the {CLUSTER_QUOTA} clusters"
                raise ClusterQuotaExceeded("You have reached the cluster limit", fix)
            cluster = Cluster(
                identifier=new_identifier(),
                region=self.region,
                account=self.account,
                suffix=self.suffix,
                created_at=now,
                deletion_protection=deletion_protection,
                tags=dict(tags or {}),
                kms_key=kms_key,
                client_token=client_token,
                request_digest=digest,
            )
            self._keep(cluster)
            return cluster

    def list_clusters(self) -> tuple[Cluster, ...]:
        """Give every cluster, oldest first."""
        return tuple(self._state.clusters.values())

    def get_cluster(self, identifier: str) -> Cluster:
        """Give the cluster, or raise `ClusterNotFound`."""
        if cluster := self._state.clusters.get(identifier):
            return cluster
        raise ClusterNotFound(f"Cluster {identifier} does not exist", "list the clusters there are")

    def cluster_by_host(self, host: str) -> Cluster | None:
        """Find the cluster which a client that asked for *host* wants."""
        host = host.lower()
        cluster = self._state.clusters.get(host.partition(".")[0])
        return cluster if cluster and host in cluster.hosts else None

    def update_cluster(
        self,
        identifier: str,
        *,
        deletion_protection: bool | None = None,
        kms_key: str | None = None,
    ) -> Cluster:
        """Change what is given of the cluster's settings."""
        with self._turn:
            cluster = self.get_cluster(identifier)
            if deletion_protection is not None:
                cluster = replace(cluster, deletion_protection=deletion_protection)
            if kms_key is not None:
                cluster = replace(cluster, kms_key=kms_key)
            return self._keep(cluster)

    def set_status(self, identifier: str, status: Status) -> Cluster:
        """Put the cluster to sleep, or wake it."""
        with self._turn:
            return self._keep(replace(self.get_cluster(identifier), status=status))

    def tag_cluster(self, identifier: str, tags: Mapping[str, str]) -> Cluster:
        """Add *tags* to the cluster's own."""
        with self._turn:
            cluster = self.get_cluster(identifier)
            return self._keep(replace(cluster, tags={**cluster.tags, **tags}))

    def untag_cluster(self, identifier: str, keys: Iterable[str]) -> Cluster:
        """Take the tags named *keys* off the cluster."""
        gone = frozenset(keys)
        with self._turn:
            cluster = self.get_cluster(identifier)
            kept = {key: value for key, value in cluster.tags.items() if key not in gone}
            return self._keep(replace(cluster, tags=kept))

    def delete_cluster(self, identifier: str) -> Cluster:
        """Forget the cluster, unless it is protected."""
        with self._turn:
            cluster = self.get_cluster(identifier)
            if cluster.deletion_protection:
                what = f"Cluster {identifier} cannot be deleted: deletion protection is enabled"
                raise ClusterProtected(what, "disable deletion protection first")
            clusters = {k: v for k, v in self._state.clusters.items() if k != identifier}
            self._commit(replace(self._state, clusters=clusters))
            return cluster

    # Principals and credentials

    def put_principal(self, arn: str, documents: Sequence[object]) -> None:
        """Create or replace what *arn* may do, or raise `PolicyMalformed`."""
        principal = Principal.parse(documents)
        with self._turn:
            principals = {**self._state.principals, arn: principal}
            self._commit(replace(self._state, principals=principals))

    def delete_principal(self, arn: str) -> None:
        """Forget what *arn* may do; it may do nothing then."""
        with self._turn:
            principals = {k: v for k, v in self._state.principals.items() if k != arn}
            self._commit(replace(self._state, principals=principals))

    def policies(self, arn: str) -> tuple[Policy, ...]:
        """Give the policies of *arn*: none, if it is not known."""
        principal = self._state.principals.get(arn)
        return principal.policies if principal else ()

    def put_credential(self, credential: Credential) -> None:
        """Create or replace an access key."""
        with self._turn:
            credentials = {**self._state.credentials, credential.access_key_id: credential}
            self._commit(replace(self._state, credentials=credentials))

    def delete_credential(self, access_key_id: str) -> None:
        """Forget an access key."""
        with self._turn:
            credentials = {k: v for k, v in self._state.credentials.items() if k != access_key_id}
            self._commit(replace(self._state, credentials=credentials))

    def credential(self, access_key_id: str) -> Credential | None:
        """Find an access key."""
        return self._state.credentials.get(access_key_id)

    def drop_expired_credentials(self, *, before: float) -> None:
        """Forget the access keys whose session ended before that time."""
        with self._turn:
            credentials = {
                k: v
                for k, v in self._state.credentials.items()
                if v.expires_at is None or v.expires_at >= before
            }
            self._commit(replace(self._state, credentials=credentials))

    def _made_for(self, client_token: str) -> Cluster | None:
        made = (c for c in self._state.clusters.values() if c.client_token == client_token)
        return next(made, None)

    def _keep(self, cluster: Cluster) -> Cluster:
        clusters = {**self._state.clusters, cluster.identifier: cluster}
        self._commit(replace(self._state, clusters=clusters))
        return cluster

    def _commit(self, state: State) -> None:
        """Make *state* durable, then current; the caller has its turn."""
        if state != self._state:
            durable.write(self.path, encode(state))
            self._state = state


def _decode(path: Path, body: bytes) -> State:
    try:
        return decode(body)
    except (KeyError, TypeError, ValueError, PolicyMalformed) as error:
        raise durable.corrupt(path, f"its content has another shape ({error})") from None
