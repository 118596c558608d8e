"""Matrix products of training in three forms, compared with NumPy, PyTorch and the limits of the machine.

Shapes are (m, n, k). Forward is NT (x w^T); backward is NN (dy w) and TN (dy^T x). Results are checked
against float64 first. Each library runs in its own process, with its own copy of the operands and the same
number of threads. The libraries take turns with a pause in between, so that no waiting threads of another
library occupy a core. The rate of multiply-adds is measured before and after each product, because it can
change during a run.

    python bench/products.py --threads 1 --json bench/results/products-avx512-float32-1.jsonl
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

import numpy as np

import nncore
from nncore import _core
from nncore.bench.records import append

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SHAPES = [
    *((10, 30, 784), (128, 256, 784), (128, 10, 256)),  # digits
    *((100, 300, 28), (100, 300, 300)),  # HIGGS
    *((32, 64, 8), (32, 64, 64), (32, 120, 4)),  # control
    *((768, 384, 128), (768, 512, 128), (768, 128, 512), (768, 65, 128)),  # character GPT
    *((256, 2304, 768), (256, 3072, 768), (256, 768, 3072), (256, 50304, 768)),  # GPT-2
    (128, 768, 768),  # BERT
    (256, 4096, 9216),  # AlexNet
    *((1, 1024, 1024), (1, 3072, 1024), (4, 8448, 2816), (8, 1024, 1024)),  # few rows
    *((n, n, n) for n in (16, 32, 64, 128, 256, 512, 1024, 2048)),
]
FORMS = {"NN": (False, False), "NT": (False, True), "TN": (True, False)}
LIBRARIES = ("nncore", "numpy", "pytorch")
BURST = 2e-3  # seconds between two readings of the clock
ROUNDS = 5
PAUSE = 0.08  # seconds; OpenBLAS threads spin for 2^26 clock ticks, OpenMP threads for some milliseconds


def operands(m: int, n: int, k: int, form: str, dtype: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    ta, tb = FORMS[form]
    a = rng.random((k, m) if ta else (m, k), dtype) * 2 - 1
    b = rng.random((n, k) if tb else (k, n), dtype) * 2 - 1
    return a, b


def check(name: str, result: Any, a: Any, b: Any, form: str) -> None:
    """Compare a few rows with float64; exit if the error exceeds the bound of a chain of k multiply-adds."""
    ta, tb = FORMS[form]
    left, right = (a.T if ta else a)[:4].astype(np.float64), (b.T if tb else b).astype(np.float64)
    exact = left @ right
    bound = left.shape[1] * np.finfo(a.dtype).eps * (np.abs(left) @ np.abs(right))
    if not (np.abs(np.asarray(result)[:4] - exact) <= bound + 1e-30).all():
        sys.exit(f"{name} is wrong for {form} of {a.shape} and {b.shape}")


def product(library: str, a: Any, b: Any, form: str) -> Callable[[], Any]:
    ta, tb = FORMS[form]
    if library == "nncore":
        na, nb = nncore.tensor(a), nncore.tensor(b)
        return lambda: _core.product(na, nb, ta, tb)
    if library == "numpy":
        va, vb = a.T if ta else a, b.T if tb else b
        return lambda: va @ vb
    import torch

    pa, pb = torch.tensor(a), torch.tensor(b)
    qa, qb = pa.T if ta else pa, pb.T if tb else pb
    return lambda: qa @ qb


def fma_rate(threads: int, dtype: Any) -> float:
    found = _core.measure_limits(threads=threads, seconds=0.004, bytes=1 << 16)
    return float(found["fma_f64" if dtype == np.float64 else "fma_f32"])


def serve(pipe: Connection, library: str, threads: int) -> None:
    """Serve one library: a tuple prepares a product, a number times it for that many seconds, None ends."""
    if library == "pytorch":
        import torch

        torch.set_num_threads(threads)
    from threadpoolctl import threadpool_limits

    nncore.set_num_threads(threads)
    with threadpool_limits(threads, user_api="blas"):
        pipe.send("ready")
        while (request := pipe.recv()) is not None:
            if isinstance(request, tuple):
                call = product(library, *(pair := operands(*request)), request[3])
                check(library, call(), *pair, request[3])
                started = perf_counter()
                call()
                repeats = max(1, int(BURST / max(perf_counter() - started, 1e-7)))
                pipe.send("ready")
                continue
            call()
            times: list[float] = []
            end = perf_counter() + request
            while not times or perf_counter() < end:
                started = perf_counter()
                for _ in range(repeats):
                    call()
                times.append((perf_counter() - started) / repeats)
            pipe.send(times)


class Library:
    """A process that runs one library."""

    def __init__(self, name: str, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, far = context.Pipe()
        self.process = context.Process(target=serve, args=(far, name, threads), daemon=True)
        self.process.start()
        far.close()
        self.pipe.recv()

    def ask(self, request: Any) -> Any:
        self.pipe.send(request)
        try:
            return self.pipe.recv()
        except EOFError:
            sys.exit("a library failed; its error is above")


def measure(
    libraries: dict[str, Library],
    threads: int,
    shape: tuple[int, ...],
    form: str,
    dtype: Any,
    seconds: float,
    read: float,
) -> dict[str, Any]:
    m, n, k = shape
    pause = PAUSE if threads > 1 else 0.0
    rate = fma_rate(threads, dtype)
    for library in libraries.values():
        sleep(pause)
        library.ask((m, n, k, form, dtype))
    times: dict[str, list[float]] = {name: [] for name in libraries}
    for _ in range(ROUNDS):
        for name, library in libraries.items():
            sleep(pause)
            times[name] += library.ask(seconds / ROUNDS)
    sleep(pause)
    rate = max(rate, fma_rate(threads, dtype))
    middle = {name: float(np.median(found)) for name, found in times.items()}
    flops, size = 2.0 * m * n * k, np.dtype(dtype).itemsize
    bound = max(flops / rate, size * (m * k + k * n + m * n) / read)
    peers = [t for name, t in middle.items() if name != "nncore"]
    return {
        "shape": [m, n, k],
        "form": form,
        "dtype": np.dtype(dtype).name,
        "path": _core.product_path(m, n, k, *FORMS[form]),
        "gflops": {name: flops / t / 1e9 for name, t in middle.items()},
        "fma_limit": rate / 1e9,
        "of_fma_limit": flops / middle["nncore"] / rate,
        "of_limit": bound / middle["nncore"],
        "ratio": min(peers) / middle["nncore"] if peers else math.nan,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.1, help="measuring time per library and product")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    parser.add_argument("--json", type=Path, help="append one JSON line per product")
    parser.add_argument("--only", help="measure only these shapes, such as 10x30x784,1x1024x1024")
    options = parser.parse_args()

    dtype = np.dtype(options.dtype).type
    shapes = [tuple(map(int, s.split("x"))) for s in options.only.split(",")] if options.only else SHAPES
    found = _core.measure_limits(threads=options.threads, seconds=0.2)
    limits = {"flops": found["fma_f64" if dtype == np.float64 else "fma_f32"]}
    limits |= {"bytes": found["read"], "triad": found["triad"]}
    print(nncore.show_config())
    print({name: f"{value / 1e9:.1f} G/s" for name, value in limits.items()})
    libraries = {}
    for name in LIBRARIES:
        try:
            libraries[name] = Library(name, options.threads)
        except EOFError:
            print(f"{name}: not installed")
    rows = []
    for shape in shapes:
        for form in FORMS:
            row = measure(libraries, options.threads, shape, form, dtype, options.seconds, limits["bytes"])
            rows.append(row)
            if options.json:
                append(options.json, [row], options.threads, limits=limits)
            speeds = " ".join(f"{name} {value:7.1f}" for name, value in row["gflops"].items())
            print(
                f"{'x'.join(map(str, shape)):>14s} {form} {speeds}  of FMA limit {row['of_fma_limit']:4.0%}"
                f"  ratio {row['ratio']:5.2f}  {row['path']}",
                flush=True,
            )
    for library in libraries.values():
        library.pipe.send(None)
    few = [row for row in rows if row["shape"][0] <= 32]
    for name, some in (("all", rows), ("m <= 32", few)):
        if some:
            mean = math.exp(sum(math.log(row["ratio"]) for row in some) / len(some))
            worst = min(some, key=lambda row: row["ratio"])
            print(
                f"{name}: geometric mean {mean:.2f}, worst {worst['ratio']:.2f}"
                f" at {worst['shape']} {worst['form']}"
            )


if __name__ == "__main__":
    main()
