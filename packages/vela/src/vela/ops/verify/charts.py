"""The health-check's times as pictures: how they spread, and how they came one after the other.

Law: pure, and plain SVG: no script, no font or style from elsewhere; colours are the page's variables.
Each picture says in words what it shows, for whom cannot see it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from vela.ops.health import Summary
from vela.ops.verify.report import Sample

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 44, 34
BINS = 48
#: A call that took no measurable time still has a place on the scale.
SHORTEST_MS = 0.01
#: Steps a person counts in.
ROUND = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A scale of counts, from 0 to *top*."""

    top: int

    def at(self, value: float, *, start: float = HEIGHT - BOTTOM, end: float = TOP) -> float:
        """Give where a value lies between *start* and *end*."""
        return round(start + value / self.top * (end - start), 2)

    def ticks(self, about: int) -> Iterator[float]:
        """Give round values from 0 to the top."""
        step = max(1.0, rounded(self.top / about))
        yield from (n * step for n in range(math.floor(self.top / step) + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A logarithmic scale of milliseconds: one cold start does not squeeze all the others.

    Attributes:
        low: Where it begins, a round value.
        top: Where it ends, a round value.

    """

    low: float
    top: float

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Times":
        """Reach from below the fastest to above the slowest."""
        times = [max(sample.elapsed_ms, SHORTEST_MS) for sample in samples] or [1.0]
        return cls(low=rounded(min(times) / 2.5), top=rounded(max(times) * 1.1))

    def share(self, value: float) -> float:
        """Give where a value lies, from 0 to 1."""
        whole = math.log(self.top / self.low)
        return min(1.0, max(0.0, math.log(max(value, self.low) / self.low) / whole))

    def ticks(self) -> Iterator[float]:
        """Give the round values."""
        value = self.low
        while value <= self.top * (1 + 1e-9):
            yield value
            value = rounded(value * 1.5)


def rounded(value: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten."""
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(unit * power for unit in ROUND if unit * power >= value * (1 - 1e-9))


def histogram(samples: Sequence[Sample], summary: Summary) -> str:
    """Draw how many calls took how long, with the percentiles."""
    x = Times.of(samples)
    counts = binned(samples, x)
    y = Counts(top=max(1, *counts))
    width = (WIDTH - RIGHT - LEFT) / BINS
    floor = y.at(0)
    bars = (
        f'<rect class="bar" x="{LEFT + n * width + 1:.2f}" y="{y.at(count)}" '
        f'width="{width - 2:.2f}" height="{floor - y.at(count):.2f}" rx="2">'
        f"<title>{_span(n, x)}: {count} calls</title></rect>"
        for n, count in enumerate(counts)
        if count
    )
    marks = ((_across(x, value), f"{value:g}") for value in x.ticks())
    told = f"p50 {summary.p50_ms:g} ms, p95 {summary.p95_ms:g} ms, p99 {summary.p99_ms:g} ms"
    return _picture(
        "How long the calls took",
        f"A histogram of {len(samples)} calls: {told}.",
        (
            *_grid((y.at(value), f"{value:g}") for value in y.ticks(4)),
            *_below(marks),
            *bars,
            *_percentiles(x, summary),
        ),
    )


def timeline(samples: Sequence[Sample], summary: Summary) -> str:
    """Draw each call in the order they were made."""
    y = Times.of(samples)
    x = Counts(top=max(len(samples), 2))
    place = partial(x.at, start=LEFT + 6, end=WIDTH - RIGHT)
    dots = (
        f'<circle class="{"dot" if s.ok else "dot bad"}" cx="{place(n)}" cy="{_up(y, s.elapsed_ms)}" '
        f'r="{3 if s.ok else 4.5}"><title>call {n}: {s.elapsed_ms:g} ms'
        f"{'' if s.ok else ', failed'}</title></circle>"
        for n, s in enumerate(samples, 1)
    )
    median = _up(y, summary.p50_ms)
    line = f'<line class="median" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{median}" y2="{median}"/>'
    failed = summary.count - summary.ok
    return _picture(
        "The calls one after the other",
        f"{len(samples)} calls in their order, {failed} of them failed; the line is the median.",
        (
            *_grid((_up(y, value), f"{value:g}") for value in y.ticks()),
            *_below((place(value), f"{value:g}") for value in x.ticks(8)),
            line,
            *dots,
        ),
    )


def binned(samples: Sequence[Sample], x: Times) -> list[int]:
    """Count the calls by their time."""
    counts = [0] * BINS
    for sample in samples:
        counts[min(BINS - 1, int(x.share(sample.elapsed_ms) * BINS))] += 1
    return counts


def _across(x: Times, value: float) -> float:
    return round(LEFT + x.share(value) * (WIDTH - RIGHT - LEFT), 2)


def _up(y: Times, value: float) -> float:
    return round(HEIGHT - BOTTOM - y.share(value) * (HEIGHT - BOTTOM - TOP), 2)


def _span(number: int, x: Times) -> str:
    low, high = (x.low * (x.top / x.low) ** (n / BINS) for n in (number, number + 1))
    return f"{low:.3g} to {high:.3g} ms"


Mark = tuple[float, str]


def _grid(marks: Iterable[Mark]) -> Iterator[str]:
    for at, text in marks:
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4}" text-anchor="end">{text}</text>'


def _below(marks: Iterable[Mark]) -> Iterator[str]:
    for at, text in marks:
        yield f'<text x="{at}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{text}</text>'


def _percentiles(x: Times, summary: Summary) -> Iterator[str]:
    named = (("p50", summary.p50_ms), ("p95", summary.p95_ms), ("p99", summary.p99_ms))
    for row, (name, value) in enumerate(named):
        at = _across(x, value)
        yield f'<line class="mark" x1="{at}" x2="{at}" y1="{12 * row + 4}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text class="name" x="{at + 4}" y="{12 * row + 12}">{name}</text>'


def _picture(title: str, words: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}. {words}">'
        f"{''.join(parts)}</svg>"
    )
