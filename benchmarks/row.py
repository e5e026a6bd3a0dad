"""One measured figure, and how samples become one."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure beside its target.

    Attributes:
        name: What was measured.
        value: The measured figure.
        unit: Its unit; ``x`` for a ratio.
        target: The target as text; empty where the figure is only for comparison.
        passed: Whether the target was met; None without a target.

    """

    name: str
    value: float
    unit: str
    target: str = ""
    passed: bool | None = None

    def as_json(self) -> dict[str, object]:
        """Give the fields as plain JSON types."""
        return asdict(self)


def below(name: str, value: float, unit: str, limit: float) -> Row:
    """Make a row whose value must stay at or below *limit*."""
    rounded = round(value, 4)
    return Row(
        name=name, value=rounded, unit=unit, target=f"<= {limit:g} {unit}", passed=rounded <= limit
    )


def at_least(name: str, value: float, unit: str, limit: float) -> Row:
    """Make a row whose value must reach *limit*."""
    rounded = round(value, 4)
    return Row(
        name=name, value=rounded, unit=unit, target=f">= {limit:g} {unit}", passed=rounded >= limit
    )


def seen(name: str, value: float, unit: str) -> Row:
    """Make a row without a target."""
    return Row(name=name, value=round(value, 4), unit=unit)


def interleaved(
    first: Callable[[], float], second: Callable[[], float], *, rounds: int
) -> tuple[float, float]:
    """Take turns between two measurements, so that a change of the machine's pace hits both.

    Returns:
        The median of each.

    """
    pairs = [(first(), second()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Give the median of first over second, pair by pair."""
    return statistics.median(a / b for a, b in pairs)
