"""Timing in turns, so that a change of the machine's speed affects all libraries."""

from __future__ import annotations

from time import perf_counter, sleep
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


def alternate(
    calls: dict[str, Callable[[], object]], seconds: float, pause: float = 0, rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Seconds per call, in bursts that take turns until `seconds` have passed per library on average.

    With several threads, give a pause in seconds: the threads of a library spin for a while after its work
    and use the cores that the next library needs, so each turn starts after a pause and lasts as long.
    """
    repeats = {}
    for name, call in calls.items():
        sleep(pause)
        call()
        started = perf_counter()
        call()
        repeats[name] = max(1, int(BURST / max(perf_counter() - started, 1e-7)))
    times: dict[str, list[float]] = {name: [] for name in calls}
    end = perf_counter() + seconds * len(calls)
    while perf_counter() < end or len(times[next(iter(times))]) < rounds:
        for name, call in calls.items():
            if pause:
                sleep(pause)
                call()
            count = repeats[name]
            turn = perf_counter() + pause
            while True:
                started = perf_counter()
                for _ in range(count):
                    call()
                times[name].append((perf_counter() - started) / count)
                if perf_counter() >= turn:
                    break
    return times


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """(lower quartile, median, upper quartile)."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(low), float(middle), float(high)


def relative_error(found: object, expected: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """The root mean square of the deviation divided by that of the values."""
    return float(np.linalg.norm(np.asarray(found, np.float64) - expected) / np.linalg.norm(expected))
