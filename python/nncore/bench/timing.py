"""Timing in turns, so that a change of the machine's speed affects all libraries."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

BURST = 2e-3  # seconds between two reads of the clock, so that their overhead is negligible
ROUNDS = 9


class Case(NamedTuple):
    """A computation to time in several libraries; `errors()` runs each once and compares with float64."""

    name: str
    flops: float
    calls: dict[str, Callable[[], object]]
    errors: Callable[[], dict[str, float]]
    tolerance: float

    def check(self) -> None:
        """Raise ValueError if a library's first result differs from the float64 result by too much."""
        wrong = {name: error for name, error in self.errors().items() if not error <= self.tolerance}
        if wrong:
            raise ValueError(f"{self.name}: off from float64 by {wrong}, allowed {self.tolerance}")


def calls_per_burst(call: Callable[[], object], seconds: float = BURST) -> int:
    """The number of calls that take about `seconds`; makes two calls."""
    call()
    return max(1, int(seconds / max(burst(call, 1), 1e-7)))


def burst(call: Callable[[], object], count: int) -> float:
    """Seconds per call, over `count` calls."""
    started = perf_counter()
    for _ in range(count):
        call()
    return (perf_counter() - started) / count


def alternate(calls: dict[str, Callable[[], object]], seconds: float) -> dict[str, list[float]]:
    """Seconds per call, in bursts that take turns until `seconds` have passed per library on average."""
    counts = {name: calls_per_burst(call) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    end = perf_counter() + seconds * len(calls)
    while perf_counter() < end or len(times[next(iter(times))]) < ROUNDS:
        for name, call in calls.items():
            times[name].append(burst(call, counts[name]))
    return times


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """(lower quartile, median, upper quartile)."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(low), float(middle), float(high)


def relative_error(found: object, expected: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """The root mean square of the deviation divided by that of the values."""
    return float(np.linalg.norm(np.asarray(found, np.float64) - expected) / np.linalg.norm(expected))
