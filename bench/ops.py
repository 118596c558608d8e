"""Elementwise ops and reductions, compared with NumPy, PyTorch and the memory limit of the machine.

Forward is timed for 1,000, 100,000 and 10,000,000 float32 elements. For the main ops, forward and backward
are compared with PyTorch. Results are checked against float64 first.

    python bench/ops.py --threads 1 --json ops.jsonl
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

import nncore
from compare import Case, checked_calls, main, torch
from report import Call

SIZES = (1_000, 100_000, 10_000_000)


class Op(NamedTuple):
    """An op in NumPy and PyTorch; `torch` is the name there, if it is not nncore's."""

    numpy: Callable[..., Any]
    torch: str = ""
    inputs: int = 1
    reduces: bool = False
    tolerance: float = 2e-6


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _gelu(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))


OPS = {
    "neg": Op(np.negative),
    "abs": Op(np.abs),
    "square": Op(np.square),
    "sqrt": Op(np.sqrt),
    "reciprocal": Op(np.reciprocal),
    "exp": Op(np.exp),
    "log": Op(np.log),
    "sin": Op(np.sin),
    "tanh": Op(np.tanh),
    "sigmoid": Op(_sigmoid),
    "relu": Op(lambda x: np.maximum(x, 0)),
    "silu": Op(lambda x: x * _sigmoid(x), "nn.functional.silu"),
    "gelu": Op(_gelu, "nn.functional.gelu", tolerance=1e-2),
    "softplus": Op(lambda x: np.logaddexp(0, x), "nn.functional.softplus"),
    "add": Op(np.add, inputs=2),
    "mul": Op(np.multiply, inputs=2),
    "div": Op(np.divide, inputs=2),
    "maximum": Op(np.maximum, inputs=2),
    "sum": Op(np.sum, reduces=True, tolerance=2e-4),
    "mean": Op(np.mean, reduces=True, tolerance=2e-4),
    "amax": Op(np.max, reduces=True),
    "argmax": Op(np.argmax, reduces=True),
    "var": Op(lambda x: np.var(x, ddof=1), reduces=True, tolerance=2e-4),
    "norm": Op(np.linalg.norm, reduces=True, tolerance=2e-4),
}
BACKWARD = ("exp", "tanh", "sigmoid", "relu", "gelu", "mul", "sum")


def calls(name: str, n: int, backward: bool) -> dict[str, Call]:
    op = OPS[name]
    arrays = [np.random.default_rng(i).uniform(0.5, 2, n).astype(np.float32) for i in range(op.inputs)]
    functions = {"nncore": getattr(nncore, name)}
    if not backward:
        functions["numpy"] = op.numpy
    if torch:
        functions["pytorch"] = attrgetter(op.torch or name)(torch)
    return checked_calls(functions, arrays, [True] * op.inputs if backward else None, op.tolerance)


def cases(limits: dict[str, float]) -> Iterator[Case]:
    for n in SIZES:
        for name, op in OPS.items():
            moved = 4 * n * (op.inputs + (not op.reduces))
            yield Case(name, f"{n:,}", partial(calls, name, n, False), moved / limits["triad"])
        for name in BACKWARD:
            moved = 4 * n * (4 * OPS[name].inputs + 1)
            yield Case(f"{name} and back", f"{n:,}", partial(calls, name, n, True), moved / limits["triad"])


if __name__ == "__main__":
    main(__doc__, cases, seconds=0.05)
