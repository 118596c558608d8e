"""Matrix products of training, in all three forms, against NumPy and PyTorch and the limits of the machine.

Shapes are (m, n, k). Forward is NT (x w^T), backward NN (dy w) and TN (dy^T x). Results are checked against
float64 before it is timed; libraries take turns within one process, with the same number of threads, each on
its own copy of the operands.

    python bench/products.py --threads 1 --json bench/results/products.jsonl
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np

import nncore
from nncore import _core
from nncore.bench.records import append
from nncore.bench.timing import alternate, quartiles

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
LARGEST_PEER_TIMING = 2e10  # operations; beyond them one form is enough


def operands(m: int, n: int, k: int, form: str, dtype: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    ta, tb = FORMS[form]
    a = rng.uniform(-1, 1, (k, m) if ta else (m, k)).astype(dtype)
    b = rng.uniform(-1, 1, (n, k) if tb else (k, n)).astype(dtype)
    return a, b


def check(name: str, result: Any, a: Any, b: Any, form: str) -> None:
    """A few rows against float64: the error of a chain of k products."""
    ta, tb = FORMS[form]
    left, right = (a.T if ta else a)[:4].astype(np.float64), (b.T if tb else b).astype(np.float64)
    exact = left @ right
    bound = left.shape[1] * np.finfo(a.dtype).eps * (np.abs(left) @ np.abs(right))
    if not (np.abs(np.asarray(result)[:4] - exact) <= bound + 1e-30).all():
        sys.exit(f"{name} is wrong for {form} of {a.shape} and {b.shape}")


def calls(a: Any, b: Any, form: str) -> dict[str, Callable[[], Any]]:
    ta, tb = FORMS[form]
    na, nb = nncore.tensor(a), nncore.tensor(b)
    va, vb = a.T if ta else a, b.T if tb else b
    found: dict[str, Callable[[], Any]] = {
        "nncore": lambda: _core.product(na, nb, ta, tb),
        "numpy": lambda: va @ vb,
    }
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        pa, pb = torch.tensor(a), torch.tensor(b)
        qa, qb = pa.T if ta else pa, pb.T if tb else pb
        found["pytorch"] = lambda: qa @ qb
    return found


def measure(m: int, n: int, k: int, form: str, dtype: Any, seconds: float, limits: Any) -> dict[str, Any]:
    a, b = operands(m, n, k, form, dtype)
    todo = calls(a, b, form)
    pause = 0.06 if nncore.get_num_threads() > 1 else 0.0
    for name, call in todo.items():
        sleep(pause)
        check(name, call(), a, b, form)
    times = {name: quartiles(t)[1] for name, t in alternate(todo, seconds, pause).items()}
    flops, size = 2.0 * m * n * k, np.dtype(dtype).itemsize
    bound = max(flops / limits["flops"], size * (m * k + k * n + m * n) / limits["bytes"])
    peers = [t for name, t in times.items() if name != "nncore"]
    return {
        "shape": [m, n, k],
        "form": form,
        "dtype": np.dtype(dtype).name,
        "path": _core.product_path(m, n, k, *FORMS[form]),
        "gflops": {name: flops / t / 1e9 for name, t in times.items()},
        "of_fma_limit": flops / times["nncore"] / limits["flops"],
        "of_limit": bound / times["nncore"],
        "ratio": min(peers) / times["nncore"],
    }


def machine_limits(threads: int, dtype: Any) -> dict[str, float]:
    found = _core.measure_limits(threads=threads, seconds=0.2)
    fma = found["fma_f64" if dtype == np.float64 else "fma_f32"]
    return {"flops": fma, "bytes": found["read"], "triad": found["triad"]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.1, help="of each library for each product")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    parser.add_argument("--json", type=Path, help="append one JSON line a product")
    parser.add_argument("--only", help="comma-separated shapes like 10x30x784")
    options = parser.parse_args()
    try:
        import torch

        torch.set_num_threads(options.threads)
    except ImportError:
        pass
    from threadpoolctl import threadpool_limits

    dtype = np.dtype(options.dtype).type
    nncore.set_num_threads(options.threads)
    shapes = [tuple(map(int, s.split("x"))) for s in options.only.split(",")] if options.only else SHAPES
    rows = []
    with threadpool_limits(options.threads, user_api="blas"):
        limits = machine_limits(options.threads, dtype)
        print(nncore.show_config())
        print({name: f"{value / 1e9:.1f} G/s" for name, value in limits.items()})
        for m, n, k in shapes:
            for form in FORMS:
                if 2.0 * m * n * k > LARGEST_PEER_TIMING and form == "TN":
                    continue
                row = measure(m, n, k, form, dtype, options.seconds, limits)
                rows.append(row)
                speeds = " ".join(f"{name} {value:7.1f}" for name, value in row["gflops"].items())
                print(
                    f"{m:5d}x{n:5d}x{k:5d} {form} {speeds}  of limit {row['of_limit']:4.0%}"
                    f"  ratio {row['ratio']:5.2f}  {row['path']}",
                    flush=True,
                )
    few = [row for row in rows if row["shape"][0] <= 32]
    for name, some in (("all", rows), ("m <= 32", few)):
        if some:
            mean = math.exp(sum(math.log(row["ratio"]) for row in some) / len(some))
            worst = min(some, key=lambda row: row["ratio"])
            print(
                f"{name}: geometric mean {mean:.2f}, worst {worst['ratio']:.2f}"
                f" at {worst['shape']} {worst['form']}"
            )
    if options.json:
        append(options.json, rows, options.threads, limits=limits)


if __name__ == "__main__":
    main()
