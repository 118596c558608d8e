"""Matrix products of training in three forms, compared with NumPy, PyTorch and the limits of the machine.

Shapes are (m, n, k). Forward is NT (x w^T); backward is NN (dy w) and TN (dy^T x). Results are checked
against float64 first. Each library runs in its own process, with its own copy of the operands and the same
number of threads. The rate of multiply-adds is measured before and after each product, because it can change
during a run.

    python bench/products.py --threads 1 --json bench/results/products-avx512-float32-1.jsonl
"""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep
from typing import Any

import numpy as np

import nncore
from nncore import _core
from records import Row
from report import PEERS, Call, measure_limits, parser, ratio, report, summarize
from turns import Library, take_turns

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
ROUNDS = 5
Product = tuple[int, int, int, str, Any]  # m, n, k, form, dtype
PAUSE = 0.08  # seconds; OpenBLAS threads spin for 2^26 clock ticks, OpenMP threads for some milliseconds


def operands(m: int, n: int, k: int, form: str, dtype: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    ta, tb = FORMS[form]
    a = rng.random((k, m) if ta else (m, k), dtype) * 2 - 1
    b = rng.random((n, k) if tb else (k, n), dtype) * 2 - 1
    return a, b


def check(name: str, result: Any, a: Any, b: Any, form: str) -> None:
    """Compare a few rows with float64; the bound is that of a chain of k multiply-adds."""
    ta, tb = FORMS[form]
    left, right = (a.T if ta else a)[:4].astype(np.float64), (b.T if tb else b).astype(np.float64)
    exact = left @ right
    bound = left.shape[1] * np.finfo(a.dtype).eps * (np.abs(left) @ np.abs(right))
    if not (np.abs(np.asarray(result)[:4] - exact) <= bound + 1e-30).all():
        raise ValueError(f"{name} is wrong for {form} of {a.shape} and {b.shape}")


def product(library: str, a: Any, b: Any, form: str) -> Call:
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


def prepare(library: str, case: Product) -> Call:
    a, b = operands(*case)
    call = product(library, a, b, case[3])
    check(library, call(), a, b, case[3])
    return call


def fma_rate(threads: int, dtype: Any) -> float:
    found = _core.measure_limits(threads=threads, seconds=0.004, bytes=1 << 16)
    return float(found["fma_f64" if dtype == np.float64 else "fma_f32"])


def label(shape: Sequence[int], form: str) -> str:
    return f"{'x'.join(map(str, shape))} {form}"


def measure(libraries: dict[str, Library], case: Product, threads: int, seconds: float, read: float) -> Row:
    m, n, k, form, dtype = case
    pause = PAUSE if threads > 1 else 0.0
    before = fma_rate(threads, dtype)
    times = take_turns(libraries, case, seconds, ROUNDS, pause)
    sleep(pause)
    rate = max(before, fma_rate(threads, dtype))
    middle = {name: float(np.median(np.concatenate(turns))) for name, turns in times.items()}
    flops, size = 2.0 * m * n * k, np.dtype(dtype).itemsize
    bound = max(flops / rate, size * (m * k + k * n + m * n) / read)
    return {
        "shape": [m, n, k],
        "form": form,
        "dtype": np.dtype(dtype).name,
        "path": _core.product_path(m, n, k, *FORMS[form]),
        "gflops": {name: flops / t / 1e9 for name, t in middle.items()},
        "fma_limit": rate / 1e9,
        "of_fma_limit": flops / middle["nncore"] / rate,
        "of_limit": bound / middle["nncore"],
        "ratio": ratio(middle),
    }


def line(row: Row) -> str:
    speeds = " ".join(f"{name} {value:7.1f}" for name, value in row["gflops"].items())
    numbers = f"of FMA limit {row['of_fma_limit']:4.0%}  ratio {row['ratio']:5.2f}  {row['path']}"
    return f"{label(row['shape'], row['form']):>17s} {speeds}  {numbers}"


def main() -> None:
    made = parser(__doc__, seconds=0.1)
    made.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    options = made.parse_args()
    dtype = np.dtype(options.dtype).type
    found = measure_limits(options.threads)
    limits = {"flops": found["fma_f64" if dtype == np.float64 else "fma_f32"]}
    limits |= {"bytes": found["read"], "triad": found["triad"]}
    libraries = {name: Library(name, prepare, options.threads) for name in PEERS}
    rows = (
        measure(libraries, (*shape, form, dtype), options.threads, options.seconds, limits["bytes"])
        for shape in SHAPES
        for form in FORMS
        if options.only in label(shape, form)
    )
    summarize(report(rows, line, options, limits), line)


if __name__ == "__main__":
    main()
