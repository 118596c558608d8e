"""Pooling in NumPy, by loops over windows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from op_case import Array

Lists = list[list[int]]  # the positions of each window along an axis; those outside are in the padding


def strided(
    n: int, kernel: int, stride: int | None = None, padding: int = 0, dilation: int = 1, ceil: bool = False
) -> Lists:
    stride = stride or kernel
    more = (n + 2 * padding - dilation * (kernel - 1) - 1) / stride
    count = (math.ceil(more) if ceil else math.floor(more)) + 1
    if ceil and (count - 1) * stride >= n + padding:  # the last window begins inside or in the left padding
        count -= 1
    return [[o * stride - padding + c * dilation for c in range(kernel)] for o in range(count)]


def adaptive(n: int, count: int) -> Lists:
    return [list(range(i * n // count, -(-(i + 1) * n // count))) for i in range(count)]


def fractional(n: int, kernel: int, count: int, u: float) -> Lists:
    """With Graham's steps, in float32 as the op computes them."""
    if count == 1:
        return [list(range(n - kernel, n))]
    step, v = np.float32(n - kernel) / np.float32(count - 1), np.float32(u)
    first = [int((np.float32(i) + v) * step) - int(v * step) for i in range(count - 1)] + [n - kernel]
    return [list(range(f, f + kernel)) for f in first]


def pool(x: Array, lists: Sequence[Lists], reduce: Callable[[Array, Any], Any]) -> Array:
    """reduce(elements (..., k), positions) of each window.

    The positions are those along each axis, and those of the elements in the flattened plane.
    """
    axes = len(lists)
    sizes = x.shape[x.ndim - axes :]
    flattened = x.reshape(*x.shape[: x.ndim - axes], math.prod(sizes))
    found = []
    for window in itertools.product(*lists):
        kept = [[i for i in at if 0 <= i < n] for at, n in zip(window, sizes, strict=True)]
        flat = np.ravel_multi_index(np.ix_(*kept), sizes).reshape(-1)
        found.append(reduce(flattened[..., flat], (window, flat)))
    return np.stack(found, -1).reshape(*x.shape[: x.ndim - axes], *map(len, lists))


def largest(x: Array, lists: Sequence[Lists]) -> Array:
    return pool(x, lists, lambda v, _: v.max(-1))


def index_of_largest(x: Array, lists: Sequence[Lists]) -> Array:
    return pool(x, lists, lambda v, at: at[1][v.argmax(-1)]).astype(np.int64)


def mean(
    x: Array, lists: Sequence[Lists], padding: Sequence[int] = (), divisor: int = 0, include: bool = True
) -> Array:
    """padding: elements at each end of an axis that count."""
    sizes = x.shape[x.ndim - len(lists) :]

    def one(v: Array, at: Any) -> Any:
        beyond = padding if include and padding else [0] * len(lists)
        counted = [sum(-p <= i < n + p for i in w) for w, n, p in zip(at[0], sizes, beyond, strict=True)]
        return v.sum(-1) / (divisor or math.prod(counted))

    return pool(x, lists, one)


def norm(x: Array, lists: Sequence[Lists], p: float) -> Array:
    """As PyTorch: a window that is cut off counts as if its mean were that of a whole one."""
    whole = math.prod(max(map(len, each)) for each in lists)
    return (pool(x**p, lists, lambda v, _: v.mean(-1)) * whole) ** (1 / p)


def unfold(x: Array, lists: Sequence[Lists]) -> Array:
    """(..., C, H, W) to (..., C * window, windows)."""
    reach = max(abs(i) for each in lists for at in each for i in at) + 1
    wide = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(reach, reach)] * 2)
    found = [wide[..., np.add(at, reach)[:, None], np.add(to, reach)] for at in lists[0] for to in lists[1]]
    shape = (*x.shape[:-3], x.shape[-3] * len(lists[0][0]) * len(lists[1][0]))
    return np.stack([f.reshape(shape) for f in found], -1)


def fold(columns: Array, size: tuple[int, int], lists: Sequence[Lists]) -> Array:
    window = len(lists[0][0]) * len(lists[1][0])
    y = np.zeros((*columns.shape[:-2], columns.shape[-2] // window, *size))
    each = columns.reshape(*y.shape[:-2], window, columns.shape[-1])
    for number, (at, to) in enumerate(itertools.product(*lists)):
        for place, (i, j) in enumerate(itertools.product(at, to)):
            if 0 <= i < size[0] and 0 <= j < size[1]:
                y[..., i, j] += each[..., place, number]
    return y
