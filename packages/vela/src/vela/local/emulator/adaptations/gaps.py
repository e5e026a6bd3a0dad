"""Closes every gap, in an order that lets one build on another."""

from typing import Any

from ministack import app

from . import (
    access,
    api_errors,
    bucket_deployment,
    dsql_clusters,
    durable_state,
    edge,
    flow_logs,
    function_worker,
    resource_attributes,
    security_group_rules,
)
from .cloud import Cloud
from .principals import Principals
from .replacement import replace


def close(application: Any, cloud: Cloud) -> tuple[Any, durable_state.Durability]:
    """Close the gaps; return the application that has none, and what keeps its state."""
    principals = Principals(cloud)
    for gap in (
        access,
        dsql_clusters,
        security_group_rules,
        flow_logs,
        resource_attributes,
        bucket_deployment,
        edge,
        api_errors,
    ):
        gap.apply(cloud)
    function_worker.apply(cloud, principals)
    durability = durable_state.apply(cloud, principals)

    def settling(load: Any) -> Any:
        def load_persisted_state() -> None:
            load()
            durability.settle()

        return load_persisted_state

    replace(app, "_load_persisted_state", (), settling)
    return access.without_administration(edge.over_https(application)), durability
