"""Training steps of several libraries, each in its own process, in turns.

In one process the threads of a library spin for a while after its work and use the cores that the next one
needs. Here a library that is not measured sleeps, and each process may use as many cores as threads.
"""

from __future__ import annotations

import os
from contextlib import suppress
from multiprocessing import get_context
from time import sleep
from typing import TYPE_CHECKING, Any

from nncore.bench.steps import TOLERANCE, makers, training_step
from nncore.bench.threads import same_threads
from nncore.bench.timing import alternate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

    from nncore.bench.steps import Step

PAUSE = 0.3  # seconds; threads of OpenMP and OpenBLAS spin for up to 0.2
TURNS = 6


def measure_in_turns(
    steps: Iterable[Step], threads: int, seconds: float
) -> Iterator[tuple[Step, dict[str, list[list[float]]]]]:
    """Seconds per call of each library that supports the step, in turns; its first step is checked."""
    context = get_context("spawn")
    ends: dict[str, Connection] = {}
    for library in makers():
        ends[library], end = context.Pipe()
        context.Process(target=_serve, args=(end, library, threads), daemon=True).start()
        end.close()
    for step in steps:
        times: dict[str, list[list[float]]] = {name: [] for name in ends if name in makers(step)}
        for name in times:
            error = _ask(ends[name], step)
            if not error <= TOLERANCE:
                raise ValueError(f"{name}: off from float64 by {error}, allowed {TOLERANCE}")
        for _ in range(TURNS):
            for name, found in times.items():
                sleep(PAUSE)
                found.append(_ask(ends[name], seconds / TURNS))
        yield step, times


def _ask(end: Connection, question: Any) -> Any:
    end.send(question)
    answer = end.recv()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _serve(end: Connection, library: str, threads: int) -> None:
    """Answer a step with the error of its first run, and a number of seconds with the times of that long."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    calls: dict[str, Callable[[], object]] = {}
    with same_threads(threads), suppress(EOFError):  # the other end closes after the last measurement
        while True:
            question = end.recv()
            try:
                if isinstance(question, float):
                    answer: Any = alternate(calls, question, rounds=3)[library]
                else:
                    case = training_step(question, [library])
                    calls, answer = case.calls, case.errors()[library]
            except Exception as error:
                answer = error
            end.send(answer)
