"""States that may come together, to be drawn from: one of each row at most, a few rows at once."""

from collections.abc import Sequence
from random import Random

from e2e.matrix import callers, names, stacks
from e2e.matrix.state import Set, all_of

AT_ONCE = 3
EMPTY = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
HALF = ("ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
#: Without these a command knows less, and does the same.
READ = ("s3:ListBucket", "dsql:GetCluster", "servicequotas:ListServiceQuotas")
UNREAD = tuple(callers.denied(action) for action in READ)
SLOW = tuple(
    callers.throttled(action, 1)
    for action in ("cloudformation:DescribeStacks", "cloudformation:ListStackResources")
)

Rows = Sequence[Sequence[Set]]

#: Nothing is deployed, and the bucket was left.
LEFT: Rows = (
    tuple(stacks.stack("DatabaseStack", status) for status in EMPTY),
    tuple(stacks.stack("ApiStack", status) for status in (*EMPTY, *HALF)),
    tuple(stacks.stack("VelaStack", status) for status in EMPTY),
    UNREAD,
    SLOW,
)
#: Nothing is deployed.
VACANT: Rows = (
    *LEFT,
    (names.bucket(), names.bucket(*names.KEYS), names.bucket(*names.KEYS, public=True)),
)
#: All is deployed.
DEPLOYED: Rows = (
    *(
        tuple(stacks.stack(name, status) for status in ("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"))
        for name in ("DatabaseStack", "ApiStack")
    ),
    tuple(stacks.stack("VelaStack", status) for status in ("DELETE_FAILED", "UPDATE_FAILED")),
    (stacks.old_bootstrap,),
    UNREAD,
    SLOW,
)


def drawn(dice: Random, rows: Rows) -> Set:
    """Up to so many states at once."""
    chosen = dice.sample(list(rows), dice.randint(1, AT_ONCE))
    return all_of(*(dice.choice(row) for row in chosen))
