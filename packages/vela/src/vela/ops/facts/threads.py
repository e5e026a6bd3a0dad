"""Asking many things at once.

Law: every gatherer answers with a value, so a thread that raises is a bug and is raised here.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Told = TypeVar("Told")

AT_ONCE = 8


def each(ask: Callable[[Item], Told], items: Iterable[Item]) -> tuple[Told, ...]:
    """Ask for every item at once; give the answers in the items' order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(ask, items))
