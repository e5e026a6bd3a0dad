"""Closes every gap, in an order that lets one build on another."""

from typing import Any

from ministack import app

from . import (
    access,
    account_refusals,
    alias_conflicts,
    alias_hosts,
    api_errors,
    awaited_stacks,
    bucket_deployment,
    bucket_policy_status,
    bucket_settings,
    certificate_states,
    cluster_quota,
    continued_rollbacks,
    domain_conflicts,
    drifted_secrets,
    dsql_clusters,
    durable_state,
    edge,
    executed_change_sets,
    existing_bucket_policies,
    existing_resources,
    expired_sessions,
    flow_logs,
    foreign_buckets,
    function_worker,
    imported_resources,
    network_interfaces,
    owning_stack,
    protected_resources,
    resource_attributes,
    reverted_drift,
    revoked_rules,
    security_group_rules,
    stack_states,
    tagged_resources,
    throttling,
)
from .cloud import Cloud
from .dns_answers import Dns
from .local_control import LocalControl
from .principals import Principals
from .replacement import replace


def close(application: Any, cloud: Cloud) -> tuple[Any, durable_state.Durability]:
    """Close the gaps; return the application that has none, and what keeps its state."""
    principals, control = Principals(cloud), LocalControl(cloud)
    for gap in (
        access,
        dsql_clusters,
        security_group_rules,
        revoked_rules,
        flow_logs,
        continued_rollbacks,
        resource_attributes,
        bucket_deployment,
        edge,
        api_errors,
        bucket_settings,
        drifted_secrets,
        bucket_policy_status,
        imported_resources,
        executed_change_sets,
        reverted_drift,
        existing_resources,
        existing_bucket_policies,
        awaited_stacks,
        owning_stack,
        protected_resources,
        alias_hosts,
        tagged_resources,
    ):
        gap.apply(cloud)
    for switchable in (
        stack_states,
        certificate_states,
        foreign_buckets,
        expired_sessions,
        network_interfaces,
        cluster_quota,
        account_refusals,
        throttling,
    ):
        switchable.apply(cloud, control)
    domain_conflicts.apply(cloud, alias_conflicts.apply(cloud, control, Dns(cloud, control)))
    function_worker.apply(cloud, principals)
    durability = durable_state.apply(cloud, principals)

    def settling(load: Any) -> Any:
        def load_persisted_state() -> None:
            load()
            durability.settle()

        return load_persisted_state

    replace(app, "_load_persisted_state", (), settling)
    served = access.without_administration(edge.over_https(application))
    return control.over(served), durability
