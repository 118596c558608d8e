"""Rows of the table of ops: interpolation, grids, and shuffles of pixels and channels; see op_table."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

import resampling_oracle as oracle
from nncore.nn import functional as F
from op_case import Array, Case
from op_table_arrays import row

SHAPES: list[list[tuple[int, ...]]] = [
    [(2, 3, 11), (1, 1, 1), (1, 2, 37), (0, 3, 9)],
    [(2, 3, 5, 7), (1, 1, 1, 1), (1, 2, 3, 18), (0, 3, 4, 7)],
    [(1, 2, 3, 4, 5), (2, 1, 1, 3, 1), (0, 2, 2, 3, 5)],
]
# size, or scale_factor and whether it only gives the size
SIZES: list[list[tuple[Any, Any, Any]]] = [
    [(7, None, None), (23, None, None), (1, None, None), (None, 2.0, None), (None, 1.23, None)],
    [((9, 4), None, None), (None, 2.0, None), (None, (1.5, 1.1), None), (None, 1.7, True)],
    [((5, 2, 9), None, None), (None, (2.0, 1.3, 1.0), None)],
]
MODES: list[list[tuple[str, bool | None]]] = [
    [("nearest", None), ("nearest-exact", None), ("linear", None), ("linear", True), ("area", None)],
    [
        ("nearest", None),
        ("nearest-exact", None),
        ("bilinear", False),
        ("bilinear", True),
        ("bicubic", None),
        ("bicubic", True),
        ("area", None),
    ],
    [("nearest", None), ("nearest-exact", None), ("trilinear", False), ("trilinear", True), ("area", None)],
]


def interpolated(x: Array, size: Any, factor: Any, recompute: Any, mode: str, corners: Any) -> Array:
    axes = x.ndim - 2

    def each(value: Any) -> list[Any]:
        return list(value) if isinstance(value, tuple) else [value] * axes

    factors = [] if size else each(factor)
    sizes = each(size) if size else [math.floor(n * s) for n, s in zip(x.shape[2:], factors, strict=True)]
    return oracle.interpolate(x, sizes, mode, None if recompute else factors, bool(corners))


def largest(x: Array, truth: Any) -> Any:
    """The largest number of x, for an absolute bound."""
    return np.full(truth(x).shape, np.abs(x).max(initial=0))


INTERPOLATED = [
    row(
        f"interpolate {mode} {axes} size {size} scale_factor {factor} {recompute} corners {corners}",
        lambda x, s=size, f=factor, r=recompute, m=mode, c=corners: F.interpolate(x, s, f, m, c, r),
        truth,
        SHAPES[axes - 1],
        16,
        size=partial(largest, truth=truth),
    )
    for axes in (1, 2, 3)
    for mode, corners in MODES[axes - 1]
    for size, factor, recompute in SIZES[axes - 1]
    for truth in (
        partial(interpolated, size=size, factor=factor, recompute=recompute, mode=mode, corners=corners),
    )
]


def image_and_points(rng: np.random.Generator, shape: tuple[int, ...], corners: bool) -> list[Array]:
    """An image, and points between its pixels and up to two pixels beyond, away from the kinks."""
    axes = len(shape) - 2
    points = (shape[0], *(3, 4, 2)[:axes])
    grid = []
    for n in reversed(shape[2:]):
        at = rng.integers(-2, n + 2, points) + rng.uniform(0.1, 0.4, points)
        grid.append(2 * at / max(n - 1, 1) - 1 if corners else (2 * at + 1) / n - 1)
    arrays = [rng.uniform(-0.5, 0.5, shape), np.stack(grid, -1)]
    return [a.astype(np.float32).astype(np.float64) for a in arrays]


SAMPLED = [
    Case(
        f"grid_sample {mode} {padding} corners {corners} {axes}",
        lambda x, g, m=mode, p=padding, c=corners: F.grid_sample(x, g, m, p, c),
        partial(oracle.grid_sample, mode=mode, padding=padding, corners=corners),
        partial(image_and_points, corners=corners),
        SHAPES[axes - 1],
        64,
        lambda x, g: np.full((*x.shape[:2], *g.shape[1:-1]), 4 * np.abs(x).max(initial=0)),
    )
    for axes in (2, 3)
    for mode in ("bilinear", "nearest", "bicubic")
    if axes == 2 or mode != "bicubic"
    for padding in ("zeros", "border", "reflection")
    for corners in (False, True)
]

GRIDS = [
    row(
        f"affine_grid {size} corners {corners}",
        lambda t, s=size, c=corners: F.affine_grid(t, (t.shape[0], *s), c),
        lambda t, s=size, c=corners: oracle.affine_grid(t, [t.shape[0], *s], c),
        [(n, len(size) - 1, len(size)) for n in (1, 2)],
        16,
        size=lambda t, s=size, c=corners: oracle.affine_grid(np.abs(t), [t.shape[0], *s], c) * 0 + 12,
    )
    for size in ((3, 4, 5), (1, 1, 2), (2, 3, 1, 4))
    for corners in (False, True)
]


def shuffle(x: Array, factor: int) -> Array:
    *lead, c, h, w = x.shape
    y = x.reshape(*lead, c // factor**2, factor, factor, h, w)
    return np.moveaxis(y, (-4, -3), (-3, -1)).reshape(*lead, c // factor**2, h * factor, w * factor)


def unshuffle(x: Array, factor: int) -> Array:
    *lead, c, h, w = x.shape
    y = x.reshape(*lead, c, h // factor, factor, w // factor, factor)
    return np.moveaxis(y, (-3, -1), (-4, -3)).reshape(*lead, c * factor**2, h // factor, w // factor)


def channels(x: Array, groups: int) -> Array:
    y = x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])
    return np.swapaxes(y, 1, 2).reshape(x.shape)


SHUFFLED = [
    *(
        row(
            f"{name} {factor}",
            lambda x, f=f, factor=factor: f(x, factor),
            lambda x, g=g, factor=factor: g(x, factor),
            shapes,
        )
        for name, f, g, rows in (
            (
                "pixel_shuffle",
                F.pixel_shuffle,
                shuffle,
                {2: [(2, 8, 3, 5), (4, 1, 2), (0, 4, 3, 3)], 3: [(2, 1, 9, 2, 3)], 1: [(1, 1, 1), (2, 3, 5)]},
            ),
            (
                "pixel_unshuffle",
                F.pixel_unshuffle,
                unshuffle,
                {2: [(2, 3, 4, 6), (1, 2, 2), (0, 4, 2, 6)], 3: [(2, 1, 2, 3, 9)], 1: [(1, 1, 1), (2, 3, 5)]},
            ),
            (
                "channel_shuffle",
                F.channel_shuffle,
                channels,
                {2: [(2, 6, 5), (1, 4, 2, 3), (0, 2, 3)], 3: [(2, 9, 2, 2, 3)], 1: [(1, 1, 1), (2, 3, 5)]},
            ),
        )
        for factor, shapes in rows.items()
    ),
]

CASES = [*INTERPOLATED, *SAMPLED, *GRIDS, *SHUFFLED]
