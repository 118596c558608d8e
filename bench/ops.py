"""Elementwise ops and reductions, compared with NumPy, PyTorch and the memory limit of the machine.

Forward is timed for 1,000, 100,000 and 10,000,000 float32 elements. For the main ops, forward and backward
are compared with PyTorch. Results are checked against NumPy in float64 first. The libraries take turns in one
process and use the same number of threads.

    python bench/ops.py --threads 1 --json bench/results/ops.jsonl
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nncore
from nncore import _core
from nncore.bench.records import append
from nncore.bench.timing import alternate, quartiles

SIZES = (1_000, 100_000, 10_000_000)
Call = Callable[..., Any]


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


# name: (NumPy function, PyTorch name)
UNARY: dict[str, tuple[Call, str]] = {
    "neg": (np.negative, "neg"),
    "abs": (np.abs, "abs"),
    "square": (np.square, "square"),
    "sqrt": (np.sqrt, "sqrt"),
    "reciprocal": (np.reciprocal, "reciprocal"),
    "exp": (np.exp, "exp"),
    "log": (np.log, "log"),
    "sin": (np.sin, "sin"),
    "tanh": (np.tanh, "tanh"),
    "sigmoid": (_sigmoid, "sigmoid"),
    "relu": (lambda x: np.maximum(x, 0), "relu"),
    "silu": (lambda x: x * _sigmoid(x), "nn.functional.silu"),
    "gelu": (lambda x: 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))), "nn.functional.gelu"),
    "softplus": (lambda x: np.logaddexp(0, x), "nn.functional.softplus"),
}
BINARY: dict[str, tuple[Call, str]] = {
    "add": (np.add, "add"),
    "mul": (np.multiply, "mul"),
    "div": (np.divide, "div"),
    "maximum": (np.maximum, "maximum"),
}
REDUCTIONS: dict[str, tuple[Call, str]] = {
    "sum": (np.sum, "sum"),
    "mean": (np.mean, "mean"),
    "amax": (np.max, "amax"),
    "argmax": (np.argmax, "argmax"),
    "var": (lambda x: np.var(x, ddof=1), "var"),
    "norm": (np.linalg.norm, "norm"),
}
BACKWARD = ("exp", "tanh", "sigmoid", "relu", "gelu", "mul", "sum")


def torch_named(name: str) -> Call:
    found: Any = sys.modules["torch"]
    for part in name.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]


def forward(name: str, n: int) -> tuple[dict[str, Callable[[], Any]], int]:
    """Return the call of each library, and the number of bytes that it must move."""
    count = 2 if name in BINARY else 1
    arrays = [np.random.default_rng(i).uniform(0.5, 2, n).astype(np.float32) for i in range(count)]
    numpy_call, torch_name = {**UNARY, **BINARY, **REDUCTIONS}[name]
    ours = getattr(nncore, name)
    tensors = [nncore.from_numpy(a) for a in arrays]
    calls: dict[str, Callable[[], Any]] = {
        "nncore": lambda: ours(*tensors),
        "numpy": lambda: numpy_call(*arrays),
    }
    if "torch" in sys.modules:
        theirs, values = torch_named(torch_name), [sys.modules["torch"].from_numpy(a) for a in arrays]
        calls["pytorch"] = lambda: theirs(*values)
    exact = np.asarray(numpy_call(*(a.astype(np.float64) for a in arrays)))
    for library, call in calls.items():
        found = np.asarray(call(), np.float64)
        bound = 1e-2 if name == "gelu" else 2e-4 if name in REDUCTIONS else 2e-6
        if not np.allclose(found, exact, rtol=bound, atol=bound):
            sys.exit(f"{library} is wrong for {name} of {n}")
    return calls, 4 * n * (count + (name not in REDUCTIONS))


def forward_and_backward(name: str, n: int) -> tuple[dict[str, Callable[[], Any]], int]:
    count = 2 if name in BINARY else 1
    arrays = [np.random.default_rng(i).uniform(0.5, 2, n).astype(np.float32) for i in range(count)]

    def step(library: Any, function: Call) -> Callable[[], Any]:
        values = [library.from_numpy(a).requires_grad_() for a in arrays]
        ones = library.ones(() if name in REDUCTIONS else (n,))

        def run() -> Any:
            for value in values:
                value.grad = None
            function(*values).backward(ones)
            return values[0].grad

        return run

    calls = {"nncore": step(nncore, getattr(nncore, name))}
    if "torch" in sys.modules:
        calls["pytorch"] = step(sys.modules["torch"], torch_named({**UNARY, **BINARY, **REDUCTIONS}[name][1]))
        a, b = (np.asarray(call()) for call in calls.values())
        if not np.allclose(a, b, rtol=1e-5, atol=1e-6):
            sys.exit(f"the gradients of {name} differ")
    return calls, 4 * n * (4 * count + 1)


def measure(kind: str, name: str, n: int, seconds: float, triad: float) -> dict[str, Any]:
    calls, moved = (forward if kind == "forward" else forward_and_backward)(name, n)
    times = {library: quartiles(t)[1] for library, t in alternate(calls, seconds).items()}
    peers = [t for library, t in times.items() if library != "nncore"]
    return {
        "op": name,
        "kind": kind,
        "n": n,
        "seconds": times,
        "of_memory_limit": moved / times["nncore"] / triad,
        "ratio": min(peers) / times["nncore"] if peers else math.nan,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.05, help="measuring time per library and op")
    parser.add_argument("--json", type=Path, help="append one JSON line per op")
    parser.add_argument("--only", help="measure only these ops, separated by commas")
    parser.add_argument("--sizes", help="numbers of elements, separated by commas")
    options = parser.parse_args()
    try:
        import torch

        torch.set_num_threads(options.threads)
    except ImportError:
        pass
    nncore.set_num_threads(options.threads)
    limits = _core.measure_limits(threads=options.threads, seconds=0.2)
    print(nncore.show_config())
    print({name: f"{limits[name] / 1e9:.1f} G/s" for name in ("triad", "read")})
    wanted = options.only.split(",") if options.only else [*UNARY, *BINARY, *REDUCTIONS]
    todo = [("forward", name) for name in wanted] + [("both", name) for name in wanted if name in BACKWARD]
    rows = []
    for n in [int(s) for s in options.sizes.split(",")] if options.sizes else SIZES:
        for kind, name in todo:
            row = measure(kind, name, n, options.seconds, limits["triad"])
            rows.append(row)
            times = " ".join(f"{library} {1e6 * t:10.2f}" for library, t in row["seconds"].items())
            print(
                f"{name:10s} {kind:8s} {n:9d} us: {times}  of memory limit {row['of_memory_limit']:5.0%}"
                f"  ratio {row['ratio']:6.2f}",
                flush=True,
            )
    known = [row["ratio"] for row in rows if not math.isnan(row["ratio"])]
    if known:
        worst = min(rows, key=lambda row: row["ratio"])
        mean = math.exp(sum(map(math.log, known)) / len(known))
        print(
            f"geometric mean {mean:.2f}, worst {worst['ratio']:.2f}"
            f" at {worst['op']} {worst['kind']} {worst['n']}"
        )
    if options.json:
        append(options.json, rows, options.threads, triad=limits["triad"])


if __name__ == "__main__":
    main()
