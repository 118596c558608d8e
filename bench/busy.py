"""Matrix products beside busy processes, one per core: how far each library falls below its fair share.

The fair share of a core that also runs one busy process is a half. With one busy process on each core, the
fair time is therefore twice the time on an idle machine. Each library runs in its own process, so that the
waiting threads of other libraries do not disturb it. The mean time is compared, because it determines the
time of a training run.

    python bench/busy.py --json bench/results/busy.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

SHAPES = [(128, 256, 784), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024)]
LIBRARIES = ("nncore", "numpy", "pytorch")


def product(library: str, a: Any, b: Any, threads: int) -> Callable[[], Any]:
    if library == "nncore":
        import nncore

        nncore.set_num_threads(threads)
        x, y = nncore.from_numpy(a), nncore.from_numpy(b)
        return lambda: x @ y
    if library == "pytorch":
        import torch

        torch.set_num_threads(threads)
        p, q = torch.from_numpy(a), torch.from_numpy(b)
        return lambda: p @ q
    return lambda: a @ b


def run_alone(library: str, threads: int, seconds: float) -> list[dict[str, float]]:
    """Return the mean, median and 95th percentile of the time of each product, measured in this process."""
    rng = np.random.default_rng(0)
    found = []
    for m, n, k in SHAPES:
        a, b = (rng.uniform(-1, 1, s).astype(np.float32) for s in ((m, k), (k, n)))
        call = product(library, a, b, threads)
        times: list[float] = []
        for warm in (True, False):
            end = perf_counter() + (0.1 if warm else seconds)
            times.clear()
            while (started := perf_counter()) < end:
                call()
                times.append(perf_counter() - started)
        median, late = np.percentile(times, [50, 95])
        found.append({"mean": float(np.mean(times)), "median": float(median), "p95": float(late)})
    return found


def measure(library: str, threads: int, seconds: float) -> list[dict[str, float]]:
    command = [sys.executable, __file__, "--library", library]
    command += ["--threads", str(threads), "--seconds", str(seconds)]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    return json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)  # type: ignore[no-any-return]


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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cores = sorted(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=len(cores))
    parser.add_argument("--seconds", type=float, default=1.0, help="measuring time per product")
    parser.add_argument(
        "--busy", type=int, default=len(cores), help="number of busy processes, placed on the cores in turn"
    )
    parser.add_argument(
        "--library",
        choices=LIBRARIES,
        help="measure only this library, without busy processes, and print JSON",
    )
    parser.add_argument("--json", type=Path, help="append one JSON line per product and library")
    options = parser.parse_args()
    if options.library:
        print(json.dumps(run_alone(options.library, options.threads, options.seconds)))
        return
    taken = [cores[i % len(cores)] for i in range(options.busy)]
    share = sum(1 / (1 + taken.count(core)) for core in cores)  # the fair share of all cores together
    rows = []
    for library in LIBRARIES:
        try:
            idle = measure(library, options.threads, options.seconds)
        except subprocess.CalledProcessError:
            print(f"{library}: not installed")
            continue
        with busy_processes(taken):
            busy = measure(library, options.threads, options.seconds)
        for shape, alone, beside in zip(SHAPES, idle, busy, strict=True):
            over = beside["mean"] / (alone["median"] * len(cores) / share)
            row = {
                "library": library,
                "shape": shape,
                "threads": options.threads,
                "taken": taken,
                "idle": alone,
            }
            rows.append({**row, "busy": beside, "over_fair_share": over})
            name = "x".join(map(str, shape))
            print(
                f"{library:8s} {name:>15s} idle {alone['median'] * 1e6:9.1f} us, busy mean"
                f" {beside['mean'] * 1e6:9.1f}, 95% {beside['p95'] * 1e6:9.1f}: {over:5.2f} of the fair time",
                flush=True,
            )
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        with options.json.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
