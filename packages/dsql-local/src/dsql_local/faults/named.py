"""The faults by name, as requests and documents have them.

Law: the table is all there are; each has one sentence of what it does.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeGuard

from dsql_local.faults.plan import OC000, OC001, AtCommit, Drop, Faults, Lose
from dsql_local.wire.messages import Problem

# No token lives longer: a week, and a second.
TOO_OLD_S: Final = 604_801.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault: what it does, and to which occasion.

    One that is *early* may befall a statement instead of the commit.
    """

    does: str
    early: bool = False
    commit: AtCommit | None = None
    connection: Problem | None = None
    expired: bool = False


FaultName = Literal[
    "lose_oc000",
    "lose_oc001",
    "drop_before_commit",
    "drop_after_commit",
    "delay",
    "refuse_rate_exceeded",
    "refuse_too_many_connections",
    "refuse_waking_up",
    "expire_credentials",
]
Occasion = Literal["commit", "statement"]
FAULTS: Final[dict[FaultName, Fault]] = {
    "lose_oc000": Fault(
        does="The next transaction to commit loses to another one: 40001, OC000.", commit=OC000
    ),
    "lose_oc001": Fault(
        does="The next transaction to commit finds the schema changed: 40001, OC001. With"
        ' `at="statement"`, as is usual, the next statement that reads or writes finds it.',
        commit=OC001,
        early=True,
    ),
    "drop_before_commit": Fault(
        does="The connection ends instead of the next commit; the transaction is rolled back.",
        commit=Drop.BEFORE,
    ),
    "drop_after_commit": Fault(
        does="The connection ends just after the next commit, whose answer is never sent.",
        commit=Drop.AFTER,
    ),
    "delay": Fault(does="The next statement waits for `seconds` before it runs."),
    "refuse_rate_exceeded": Fault(
        does="The next connection is one too many in this second: 53400.",
        connection=Problem(sqlstate="53400", message="Unable to accept connection, rate exceeded."),
    ),
    "refuse_too_many_connections": Fault(
        does="The next connection is one more than the cluster may have: 53300.",
        connection=Problem(
            sqlstate="53300", message="Unable to accept connection, too many open connections."
        ),
    ),
    "refuse_waking_up": Fault(
        does="The next connection finds the cluster waking up: 08006.",
        connection=Problem(
            sqlstate="08006",
            message="unable to accept connection, waking up cluster, please retry later",
        ),
    ),
    "expire_credentials": Fault(
        does="The next connection's token has expired: 08006, with the hint that says so.",
        expired=True,
    ),
}


def is_fault(name: object) -> TypeGuard[FaultName]:
    """Whether there is a fault of this name."""
    return name in FAULTS


def may_befall(at: object, name: FaultName) -> TypeGuard[Occasion]:
    """Whether the fault of this name may be armed for this occasion."""
    return at == "commit" or (at == "statement" and FAULTS[name].early)


def armed(
    faults: Faults,
    name: FaultName,
    *,
    times: int = 1,
    seconds: float = 0.0,
    at: Occasion = "commit",
) -> None:
    """Arm the fault of this name, to be met *times* times."""
    fault = FAULTS[name]
    if at == "statement" and isinstance(fault.commit, Lose):
        faults.accesses.extend([fault.commit] * times)
    elif fault.commit is not None:
        faults.commits.extend([fault.commit] * times)
    elif fault.connection is not None:
        faults.refusals.extend([fault.connection] * times)
    elif fault.expired:
        faults.expiries.extend([TOO_OLD_S] * times)
    else:
        faults.delays.extend([seconds] * times)


def described(faults: Faults) -> dict[str, Any]:
    """Tell what is armed, as names and how often."""
    names = {fault.commit or fault.connection: name for name, fault in FAULTS.items()}
    found: list[str] = [
        names[each] for each in (*faults.commits, *faults.accesses, *faults.refusals)
    ]
    found += ["delay"] * len(faults.delays) + ["expire_credentials"] * len(faults.expiries)
    return {"armed": dict(Counter(found))}
