"""Attention and recurrent layers, compared with PyTorch and the limits of the machine.

Results are checked against float64 first. The libraries take turns in one process and use the same number of
threads. The fraction of the limit counts only the multiply-adds of the matrix products. Forward and backward
of attention take seven products, because backward computes the scores again; those of a recurrent layer take
three times the products of forward.

    python bench/sequences.py --threads 1 --json bench/results/sequences.jsonl
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nncore
from nncore import _core, nn
from nncore.bench.records import append
from nncore.bench.timing import alternate, quartiles

Run = Callable[[], Any]


@dataclass
class Case:
    name: str
    flops: float  # of forward
    backward: float  # flops of forward and backward together, divided by those of forward
    nncore: Callable[[Any], Any]  # maps the inputs to the result
    pytorch: Callable[[Any], Any]
    inputs: list[np.ndarray[Any, Any]]


def attention(batch: int, heads: int, steps: int, width: int, causal: bool) -> Case:
    rng = np.random.default_rng(0)
    qkv = [rng.normal(size=(batch, heads, steps, width)) for _ in range(3)]

    def peer(xs: Any) -> Any:
        import torch

        return torch.nn.functional.scaled_dot_product_attention(*xs, is_causal=causal)

    flops = 4.0 * batch * heads * width * (steps * (steps + 1) / 2 if causal else steps * steps)
    name = f"attention {batch}x{heads}x{steps}x{width}{' causal' if causal else ''}"
    call = nn.functional.scaled_dot_product_attention
    return Case(name, flops, 3.5, lambda xs: call(xs[0], xs[1], xs[2], is_causal=causal), peer, qkv)


def recurrent(kind: str, hidden: int, batch: int, steps: int) -> Case:
    """A recurrent layer. Its parameters are inputs, as x is, so that they get gradients."""
    rng = np.random.default_rng(0)
    gates = {"LSTM": 4, "GRU": 3}[kind]
    bound = hidden**-0.5
    shapes = [(gates * hidden, hidden)] * 2 + [(gates * hidden,)] * 2
    x = rng.normal(size=(steps, batch, hidden))
    weights = [rng.uniform(-bound, bound, shape) for shape in shapes]

    def ours(xs: Any) -> Any:
        return _core.recurrent(kind, xs[0], None, None, [[*xs[1:], None]])[0]

    def peer(xs: Any) -> Any:
        import torch

        zeros = torch.zeros(1, batch, hidden, dtype=xs[0].dtype)
        run, state = (torch.lstm, [zeros, zeros]) if kind == "LSTM" else (torch.gru, zeros)
        return run(xs[0], state, list(xs[1:]), True, 1, 0.0, True, False, False)[0]

    flops = 4.0 * steps * batch * gates * hidden * hidden
    return Case(f"{kind} {hidden} {steps}x{batch}", flops, 3.0, ours, peer, [x, *weights])


def cases() -> Iterator[Case]:
    for causal in (False, True):
        yield attention(12, 4, 64, 32, causal)
        yield attention(4, 12, 1024, 64, causal)
    yield recurrent("LSTM", 256, 32, 64)
    yield recurrent("GRU", 256, 32, 64)


def runs(case: Case, dtype: Any, backward: bool) -> dict[str, Run]:
    """Map each library to a function that returns the result, or the gradient of the first input."""
    arrays = [x.astype(dtype) for x in case.inputs]

    def with_gradient(call: Callable[[Any], Any], xs: list[Any], dy: Any) -> Run:
        def run() -> Any:
            for x in xs:
                x.grad = None
            call(xs).backward(dy)
            return xs[0].grad

        return run

    ours = [nncore.tensor(x, requires_grad=backward) for x in arrays]
    shape = case.nncore(ours).shape
    dy = np.random.default_rng(1).normal(size=shape).astype(dtype)
    found: dict[str, Run] = {"nncore": lambda: case.nncore(ours)}
    if backward:
        found["nncore"] = with_gradient(case.nncore, ours, nncore.tensor(dy))
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        theirs = [torch.from_numpy(x).requires_grad_(backward) for x in arrays]
        found["pytorch"] = lambda: case.pytorch(theirs)
        if backward:
            found["pytorch"] = with_gradient(case.pytorch, theirs, torch.from_numpy(dy))
    return found


def values(result: Any) -> np.ndarray[Any, Any]:
    return np.asarray(result.detach().numpy())


def measure(case: Case, backward: bool, seconds: float, limit: float) -> dict[str, Any]:
    exact = values(runs(case, np.float64, backward)["nncore"]())
    todo = runs(case, np.float32, backward)
    for name, run in todo.items():
        error = float(np.abs(values(run()) - exact).max() / np.abs(exact).max())
        if not error < 1e-4:
            sys.exit(f"{name} is wrong for {case.name}: {error:.1e} of the largest value")
    times = {name: quartiles(t)[1] for name, t in alternate(todo, seconds).items()}
    flops = case.flops * (case.backward if backward else 1)
    return {
        "case": case.name,
        "backward": backward,
        "ms": {name: t * 1e3 for name, t in times.items()},
        "gflops": flops / times["nncore"] / 1e9,
        "of_limit": flops / times["nncore"] / limit,
        "ratio": times.get("pytorch", float("nan")) / times["nncore"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="measuring time per library and case")
    parser.add_argument("--only", default="", help="measure only cases whose name contains this text")
    parser.add_argument("--json", type=Path, help="append one JSON line per case")
    options = parser.parse_args()
    try:
        import torch

        torch.set_num_threads(options.threads)
    except ImportError:
        pass
    nncore.set_num_threads(options.threads)
    limit = _core.measure_limits(threads=options.threads, seconds=0.2)["fma_f32"]
    print(nncore.show_config())
    print(f"threads {options.threads}, limit {limit / 1e9:.0f} GFLOP/s")
    rows = []
    for case in cases():
        if options.only not in case.name:
            continue
        for backward in (False, True):
            row = measure(case, backward, options.seconds, limit)
            rows.append(row)
            speeds = " ".join(f"{name} {ms:8.3f} ms" for name, ms in row["ms"].items())
            print(
                f"{row['case']:32s} {'and backward' if backward else 'forward':12s} {speeds}"
                f"  {row['gflops']:6.1f} GFLOP/s, of limit {row['of_limit']:4.0%}  ratio {row['ratio']:5.2f}",
                flush=True,
            )
    if options.json:
        append(options.json, rows, options.threads, limit=limit)


if __name__ == "__main__":
    main()
