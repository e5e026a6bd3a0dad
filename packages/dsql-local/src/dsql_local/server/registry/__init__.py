"""Clusters, principals and credentials, kept across restarts."""

from dsql_local.server.registry.cluster import Cluster, Status
from dsql_local.server.registry.store import CLUSTER_QUOTA, Registry

__all__ = ["CLUSTER_QUOTA", "Cluster", "Registry", "Status"]
