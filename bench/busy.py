"""Matrix products beside busy processes, one per core: how far each library falls below its fair share.

The fair share of a core that also runs one busy process is a half. With one busy process on each core, the
fair time is therefore twice the time on an idle machine. Each library runs in its own process, so that the
waiting threads of other libraries do not disturb it. The mean time is compared, because it determines the
time of a training run.

    python bench/busy.py --json bench/results/busy.jsonl
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from products import prepare
from records import Row, append
from report import PEERS, parser
from turns import Library

SHAPES = [(128, 256, 784), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024)]


@contextmanager
def busy_processes(cores: list[int]) -> Iterator[None]:
    code = "import os, sys; os.sched_setaffinity(0, [int(sys.argv[1])])\nwhile True: pass"
    started = [subprocess.Popen([sys.executable, "-c", code, str(core)]) for core in cores]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def measure(library: Library, seconds: float) -> list[dict[str, float]]:
    """The mean, median and 95th percentile of the time of each product."""
    found = []
    for shape in SHAPES:
        library.prepare((*shape, "NN", np.float32))
        library.time(0.1)  # warm up
        times = library.time(seconds)
        median, late = np.percentile(times, [50, 95])
        found.append({"mean": float(np.mean(times)), "median": float(median), "p95": float(late)})
    return found


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    made = parser(__doc__, seconds=1.0)
    made.set_defaults(threads=len(cores))
    made.add_argument(
        "--busy", type=int, default=len(cores), help="number of busy processes, placed on the cores in turn"
    )
    options = made.parse_args()
    taken = [cores[i % len(cores)] for i in range(options.busy)]
    share = sum(1 / (1 + taken.count(core)) for core in cores)  # the fair share of all cores together
    for name in PEERS:
        if options.only not in name:
            continue
        library = Library(name, prepare, options.threads, burst=0.0)
        idle = measure(library, options.seconds)
        with busy_processes(taken):
            busy = measure(library, options.seconds)
        library.close()
        for shape, alone, beside in zip(SHAPES, idle, busy, strict=True):
            over = beside["mean"] / (alone["median"] * len(cores) / share)
            row: Row = {"library": name, "shape": shape, "threads": options.threads, "taken": taken}
            row |= {"idle": alone, "busy": beside, "over_fair_share": over}
            print(
                f"{name:8s} {'x'.join(map(str, shape)):>15s} idle {alone['median'] * 1e6:9.1f} us, busy mean"
                f" {beside['mean'] * 1e6:9.1f}, 95% {beside['p95'] * 1e6:9.1f}: {over:5.2f} of the fair time",
                flush=True,
            )
            if options.json:
                append(options.json, row)


if __name__ == "__main__":
    main()
