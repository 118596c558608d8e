"""Compare nncore with other libraries: same inputs, same threads, in turns, each result checked first.

NumPy always takes part; PyTorch, scikit-learn and JAX take part if they are installed.
"""

from __future__ import annotations

import json
import os
import platform
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import nncore
from nncore import _core
from nncore.bench.products import products
from nncore.bench.threads import same_threads
from nncore.bench.timing import alternate, quartiles
from nncore.bench.training import training_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nncore.bench.timing import Case

__all__ = ["measure", "run"]

HEAD = (
    f"{'case':34} {'library':13} {'median us':>10} {'quartiles':>20} {'GFLOP/s':>8} {'limit':>6} {'ratio':>9}"
)


def measure(cases: Iterable[Case], seconds: float = 1.0) -> Iterator[dict[str, Any]]:
    """One record per library and case: median and quartiles in microseconds, ratio to nncore's time.

    Errors: ValueError if a library's first result differs from the float64 result by more than the tolerance.
    """
    for case in cases:
        case.check()
        times = {name: quartiles(values) for name, values in alternate(case.calls, seconds).items()}
        for name, (low, median, high) in times.items():
            yield {
                "case": case.name,
                "library": name,
                "us": median * 1e6,
                "us_low": low * 1e6,
                "us_high": high * 1e6,
                "ratio": median / times["nncore"][1],
                "gflops": case.flops / median / 1e9,
            }


def run(json_file: str | None = None, threads: int | None = None, seconds: float = 1.0) -> None:
    """Print the table; with `json_file` also write one JSON line per record.

    `limit` is the fraction of the machine's multiply-add rate, measured in the same run; `ratio` is the time
    divided by nncore's.
    """
    if threads is not None:
        nncore.set_num_threads(threads)
    count = nncore.get_num_threads()
    with ExitStack() as stack:
        file = stack.enter_context(open(json_file, "w", encoding="utf-8")) if json_file else None
        held = stack.enter_context(same_threads(count))
        limits = _core.measure_limits(count, min(seconds, 0.2))
        peak, bandwidth = limits["fma_f32"] / 1e9, limits["triad"] / 1e9
        facts: dict[str, Any] = {
            "version": nncore.__version__,
            "isa": _core.isa(),
            "threads": count,
            "machine": processor(),
            "python": platform.python_version(),
            "limit_gflops": peak,
            "limit_gbytes": bandwidth,
        }
        print(", ".join(f"{key} {facts[key]}" for key in ("version", "isa", "threads", "machine", "python")))
        print(f"limits of this machine: {peak:.0f} GFLOP/s, {bandwidth:.0f} GB/s; {held}")
        print(HEAD)
        for record in measure([*products(), *training_steps()], seconds):
            print(_line(record, peak), flush=True)
            if file:
                print(json.dumps({**record, **facts}), file=file, flush=True)


def _line(record: dict[str, Any], peak: float) -> str:
    spread = f"{record['us_low']:.4g} to {record['us_high']:.4g}"
    numbers = f"{record['us']:10.4g} {spread:>20} {record['gflops']:8.3g} {record['gflops'] / peak:6.0%}"
    return f"{record['case']:34} {record['library']:13} {numbers} {record['ratio']:8.2f}x"


def processor() -> str:
    """The name of the processor and the number of cores that this process may use."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next(
                (line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), name
            )
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name} ({cores} logical cores)"
