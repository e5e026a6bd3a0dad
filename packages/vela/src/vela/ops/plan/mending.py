"""Which of the doctor's findings a deployment deals with by itself.

Law: pure. A finding is dealt with only by a step of this very plan, and never at the cost of data.
"""

from vela.ops.plan.steps import AwaitStack, Bootstrap, ContinueRollback, DestroyStack, Plan

#: A stack's status in the way, by the step that takes it out of the way.
_FAILED_ROLLBACK = frozenset({"stack-update-rollback-failed", "stack-update-failed"})
_NOT_BOOTSTRAPPED = frozenset({"bootstrap-absent", "bootstrap-too-old"})
_HALF_DELETED = frozenset(
    {
        *("stack-delete-failed", "stack-rollback-failed", "stack-create-failed"),
        "stack-import-rollback-failed",
    }
)


def mended(plan: Plan) -> frozenset[str]:
    """Name the findings that the plan deals with before they could matter."""
    first = plan.steps[: plan.clearing]
    found: frozenset[str] = frozenset()
    if any(isinstance(step, AwaitStack) for step in first) and not plan.findings:
        found |= {"stack-busy"}
    if any(isinstance(step, ContinueRollback) for step in first):
        found |= _FAILED_ROLLBACK
    if any(isinstance(step, Bootstrap) for step in plan.steps):  # always before any stack
        found |= _NOT_BOOTSTRAPPED
    ending = [step for step in first if isinstance(step, DestroyStack)]
    if ending and not any(change.data_at_risk for step in ending for change in step.changes):
        found |= _HALF_DELETED
    return found
