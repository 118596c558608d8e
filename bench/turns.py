"""Libraries that take turns, each in its own process.

In one process the threads of a library spin for a while after its work and use the cores that the next one
needs. Here a library that is not measured sleeps, and each process may use as many cores as threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing import get_context
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

import nncore
from nncore.bench.threads import same_threads
from nncore.bench.timing import BURST, burst, calls_per_burst
from report import Call

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PAUSE = 0.3  # seconds; threads of OpenMP and OpenBLAS spin for up to 0.2
Prepare = Callable[[str, Any], Call]


class Library:
    """A process for one library; `prepare(name, case)` makes and checks a call there."""

    def __init__(self, name: str, prepare: Prepare, threads: int, burst: float = BURST) -> None:
        context = get_context("spawn")
        self._end, far = context.Pipe()
        context.Process(target=_serve, args=(far, name, prepare, threads, burst), daemon=True).start()
        far.close()

    def prepare(self, case: Any) -> None:
        self._ask((case,))

    def time(self, seconds: float) -> list[float]:
        """Seconds per call of the prepared case, in bursts during the given time."""
        found: list[float] = self._ask(seconds)
        return found

    def close(self) -> None:
        self._end.close()

    def _ask(self, question: Any) -> Any:
        self._end.send(question)
        answer = self._end.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


def take_turns(
    libraries: Mapping[str, Library], case: Any, seconds: float, turns: int, pause: float = PAUSE
) -> dict[str, list[list[float]]]:
    """The times of each library in each turn; `seconds` are the measuring time of a library."""
    times: dict[str, list[list[float]]] = {name: [] for name in libraries}
    for library in libraries.values():
        sleep(pause)
        library.prepare(case)
    for _ in range(turns):
        for name, library in libraries.items():
            sleep(pause)
            times[name].append(library.time(seconds / turns))
    return times


def _serve(end: Connection, name: str, prepare: Prepare, threads: int, length: float) -> None:
    """Answer a case in a tuple by None, and a number of seconds by the times of that long."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    nncore.set_num_threads(threads)
    call: Call  # of the case, which comes first
    count: int
    with same_threads(threads), suppress(EOFError):  # the other end closes after the last measurement
        while True:
            question = end.recv()
            answer: Any = None
            try:
                if isinstance(question, tuple):
                    call = prepare(name, *question)
                    count = calls_per_burst(call, length)
                else:
                    answer = _times(call, count, question)
            except Exception as error:
                answer = error
            end.send(answer)


def _times(call: Call, count: int, seconds: float) -> list[float]:
    call()
    end = perf_counter() + seconds
    times = [burst(call, count)]
    while perf_counter() < end:
        times.append(burst(call, count))
    return times
