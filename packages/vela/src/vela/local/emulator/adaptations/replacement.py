"""Replacing a part of the emulator, and refusing to when that part has changed.

Law: nothing of the emulator is replaced but through `expected` and `replace`.
"""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any


class EmulatorChanged(Exception):
    """The emulator no longer has the part an adaptation builds on."""


def expected(owner: ModuleType | type, name: str, *parameters: str) -> Any:
    """Return ``owner.name``, having checked that it exists and takes *parameters*."""
    found = getattr(owner, name, None)
    if found is None:
        raise EmulatorChanged(f"{owner.__name__}.{name} is gone")
    if parameters:
        actual = tuple(inspect.signature(found).parameters)
        if actual != parameters:
            raise EmulatorChanged(
                f"{owner.__name__}.{name} takes ({', '.join(actual)}), not ({', '.join(parameters)})"
            )
    return found


def replace(
    owner: ModuleType | type,
    name: str,
    parameters: tuple[str, ...],
    make: Callable[[Any], Any],
) -> None:
    """Put ``make(original)`` in the place of ``owner.name``."""
    setattr(owner, name, make(expected(owner, name, *parameters)))
