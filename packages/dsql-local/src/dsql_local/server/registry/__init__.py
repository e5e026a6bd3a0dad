"""Clusters, principals and credentials, kept across restarts."""

from dsql_local.server.registry.cluster import OWNED_KEY, Cluster, Status
from dsql_local.server.registry.store import CLUSTER_QUOTA, Registry

__all__ = ["CLUSTER_QUOTA", "OWNED_KEY", "Cluster", "Registry", "Status"]
