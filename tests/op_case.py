"""A row of the table of ops, and functions that make inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Make = Callable[[np.random.Generator, tuple[int, ...]], list[Array]]

LENGTHS: list[tuple[int, ...]] = [(0,), (1,), (7,), (3, 0, 2), (5, 13), (2, 3, 33), ()]


@dataclass
class Case:
    """call(*tensors) equals truth(*arrays) within `ulp` of the result, or of `size`, the sum of its terms."""

    name: str
    call: Callable[..., Any]
    truth: Callable[..., Any]
    make: Make
    shapes: Sequence[tuple[int, ...]] = field(default_factory=lambda: LENGTHS)
    ulp: float = 4
    size: Callable[..., Any] | None = None

    def __str__(self) -> str:
        return self.name


def inputs(count: int, low: float, high: float, gap: float = 0.0) -> Make:
    """`count` arrays uniform in (low, high), at least `gap` away from 0 and from every integer and half."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> list[Array]:
        arrays = [np.asarray(rng.uniform(low, high, shape)) for _ in range(count)]
        if gap:
            arrays = [
                np.asarray(np.where(np.abs(x * 2 - np.round(x * 2)) < 2 * gap, x + 3 * gap, x))
                for x in arrays
            ]
        return [x.astype(np.float32).astype(np.float64) for x in arrays]  # exact in float32 and float64

    return make


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> list[Array]:
    """One array whose elements differ by at least 1/8, so that finite differences do not change the order."""
    return [(rng.permutation(math.prod(shape)) / 8.0 - 3.0).reshape(shape)]
