"""Three-valued logic: true, false, or not known because something is unsupported.

Law: Kleene's strong logic. An answer is true or false only if it would be so whatever the
unsupported parts turned out to be; which of several is reported does not depend on their order.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Unsupported:
    """Neither true nor false: *what* is beyond this evaluator."""

    what: str


Truth = bool | Unsupported


def any_of(truths: Iterable[Truth]) -> Truth:
    """Join by *or*: one that is true outweighs any unsupported one."""
    return _join(truths, decisive=True)


def all_of(truths: Iterable[Truth]) -> Truth:
    """Join by *and*: one that is false outweighs any unsupported one."""
    return _join(truths, decisive=False)


def negate(truth: Truth) -> Truth:
    """Turn true to false and false to true."""
    return truth if isinstance(truth, Unsupported) else not truth


def _join(truths: Iterable[Truth], *, decisive: bool) -> Truth:
    unsupported: list[Unsupported] = []
    for truth in truths:
        if truth is decisive:
            return decisive
        if isinstance(truth, Unsupported):
            unsupported.append(truth)
    return min(unsupported) if unsupported else not decisive
