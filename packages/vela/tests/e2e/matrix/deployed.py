"""States of an account to which all is deployed."""

from e2e.matrix import callers, names, stacks
from e2e.matrix.state import Ending, Set, State, as_it_is, blocked, impossible, state

FAILED = {
    "UPDATE_ROLLBACK_FAILED": ("stack-update-rollback-failed", "ContinueRollback"),
    "UPDATE_FAILED": ("stack-update-failed", "ContinueRollback"),
    "IMPORT_ROLLBACK_FAILED": ("stack-import-rollback-failed", "DestroyStack"),
}


def failed(stack: str, status: str) -> State:
    finding, first = FAILED[status]
    return state(f"{stack} is in {status}", stacks.stack(stack, status), finding, first=(first,))


def half_deleted(stack: str, *, gone: int = 1, **more: Ending) -> State:
    """Half deleted; so many stacks are *gone* before it is made anew: those that use it, too."""
    return state(
        f"{stack} is in DELETE_FAILED",
        stacks.stack(stack, "DELETE_FAILED"),
        "stack-delete-failed",
        first=("DestroyStack",) * gone,
        **more,
    )


def busy(status: str, *, ends: str) -> State:
    return state(
        f"VelaStack is in {status}",
        stacks.busy("VelaStack", status, ends=ends),
        "stack-busy",
        first=("AwaitStack",),
    )


def unknown(action: str, *finds: str) -> State:
    """Without it nothing is known that a plan needs."""
    return state(
        f"{action} is denied",
        callers.denied(action),
        *finds,
        deploy=impossible(action),
        destroy=impossible(action),
    )


def nobody(name: str, set_: Set, finds: str) -> State:
    return state(name, set_, finds, deploy=impossible(""), destroy=impossible(""))


STACKS = (
    state("all is as it is to be", as_it_is),
    *(
        failed(stack, "UPDATE_ROLLBACK_FAILED")
        for stack in ("DatabaseStack", "ApiStack", "VelaStack")
    ),
    failed("ApiStack", "UPDATE_FAILED"),
    failed("VelaStack", "IMPORT_ROLLBACK_FAILED"),
    half_deleted("ApiStack", gone=2),
    half_deleted("VelaStack"),
    half_deleted("DatabaseStack", deploy=blocked("DatabaseStack is in DELETE_FAILED")),
    busy("CREATE_IN_PROGRESS", ends="CREATE_COMPLETE"),
    busy("UPDATE_IN_PROGRESS", ends="UPDATE_ROLLBACK_COMPLETE"),
    busy("DELETE_IN_PROGRESS", ends="DELETE_FAILED"),
    state("CDK's stack is old", stacks.old_bootstrap, "bootstrap-too-old"),
    state(
        "a second cluster is left",
        names.cluster(Project="vela"),
        "cluster-orphaned",
        destroy=Ending(code="E507", says=":cluster/"),
    ),
)

CALLERS = (
    unknown("cloudformation:DescribeStacks", "fact-denied"),
    unknown("cloudformation:ListStackResources", "fact-denied"),
    unknown("cloudformation:GetTemplate"),
    state("dsql:ListClusters is denied", callers.denied("dsql:ListClusters"), "fact-denied"),
    state("dsql:GetCluster is denied", callers.denied("dsql:GetCluster"), "fact-denied"),
    state(
        "servicequotas:ListServiceQuotas is denied",
        callers.denied("servicequotas:ListServiceQuotas"),
    ),
    state(
        "iam:SimulatePrincipalPolicy is denied",
        callers.denied("iam:SimulatePrincipalPolicy"),
        "fact-denied",
    ),
    state(
        "what destroying looks for may not be looked at",
        callers.denied("tag:GetResources", "ec2:DescribeNetworkInterfaces"),
    ),
    nobody("nobody knows the key", callers.unknown_key, "credentials-denied"),
    nobody("the session has ended", callers.ended_session, "credentials-expired"),
    state(
        "cloudformation:DescribeStacks is throttled once",
        callers.throttled("cloudformation:DescribeStacks", 1),
    ),
    state(
        "cloudformation:DescribeStacks is throttled for long",
        callers.throttled("cloudformation:DescribeStacks", 50),
        "fact-throttled",
        deploy=impossible("Rate exceeded"),
        destroy=impossible("Rate exceeded"),
    ),
    state(
        "dsql:ListClusters is throttled for long",
        callers.throttled("dsql:ListClusters", 50),
        "fact-throttled",
    ),
)
