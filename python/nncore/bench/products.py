"""Matrix products in float32: square ones, and narrow ones of small layers."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

import nncore
from nncore.bench.timing import Case, relative_error

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPES = (
    (10, 30, 784),
    (32, 64, 64),
    (128, 256, 784),
    (64, 64, 64),
    (256, 256, 256),
    (1024, 1024, 1024),
    (1, 1024, 1024),
)


def products() -> Iterator[Case]:
    """(m, k) @ (k, n) for each (m, n, k)."""
    for m, n, k in SHAPES:
        yield product(m, n, k)


def product(m: int, n: int, k: int) -> Case:
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(-1, 1, shape).astype(np.float32) for shape in ((m, k), (k, n)))
    ta, tb = nncore.from_numpy(a), nncore.from_numpy(b)
    calls: dict[str, Callable[[], object]] = {"nncore": lambda: ta @ tb, "numpy": lambda: a @ b}
    if find_spec("torch"):
        import torch

        pa, pb = torch.from_numpy(a), torch.from_numpy(b)
        calls["pytorch"] = lambda: pa @ pb

    def errors() -> dict[str, float]:
        exact = a.astype(np.float64) @ b.astype(np.float64)
        return {name: relative_error(call(), exact) for name, call in calls.items()}

    return Case(f"product {m}x{n}x{k}", 2.0 * m * n * k, calls, errors, 1e-5)
