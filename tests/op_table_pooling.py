"""Rows of the table of ops: pooling and sliding windows; see op_table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import nncore
import pooling_oracle as oracle
from nncore.nn import functional as F
from op_case import Array, Case, distinct, inputs
from op_table_arrays import row

# The functions for one, two and three axes
MAX = ["max_pool1d", "max_pool2d", "max_pool3d"]
AVG = ["avg_pool1d", "avg_pool2d", "avg_pool3d"]
NORM = ["lp_pool1d", "lp_pool2d", "lp_pool3d"]
ADAPTIVE_MAX = ["adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"]
ADAPTIVE_AVG = ["adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"]
FRACTIONAL = ["", "fractional_max_pool2d", "fractional_max_pool3d"]
UNPOOL = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]


def call(name: str, *arguments: Any, **more: Any) -> Any:
    return lambda x: getattr(F, name)(x, *arguments, **more)


SHAPES: list[list[tuple[int, ...]]] = [
    [(2, 3, 11), (3, 1, 37), (2, 9)],
    [(2, 3, 7, 9), (1, 1, 5, 37), (3, 6, 11)],
    [(1, 2, 5, 6, 7), (2, 5, 5, 11)],
]
EMPTY: list[tuple[int, ...]] = [(0, 3, 9), (0, 3, 7, 9), (0, 2, 5, 6, 7)]


def lists(x: Array, axes: int, **sizes: Any) -> list[oracle.Lists]:
    """The windows along each axis; a size is one for all axes or one per axis."""

    def along(i: int, value: Any) -> Any:
        return value[i] if isinstance(value, tuple) else value

    shape = x.shape[x.ndim - axes :]
    return [oracle.strided(n, **{k: along(i, v) for k, v in sizes.items()}) for i, n in enumerate(shape)]


# kernel, stride, padding, dilation, ceil_mode; tuples are for two axes
STRIDED: list[tuple[Any, Any, Any, Any, bool]] = [
    (2, None, 0, 1, False),
    (3, 2, 1, 1, True),
    (3, 1, 1, 1, False),
    (2, 3, 0, 1, False),
    (1, 2, 0, 1, True),
    (3, 2, 1, 2, False),
    (4, 3, 2, 1, True),
    ((2, 3), (3, 1), (1, 0), (1, 2), False),
    ((5, 4), (2, 2), (0, 2), (1, 1), True),
]


def strided_rows(axes: int) -> Iterator[Case]:
    for number, (kernel, stride, padding, dilation, ceil) in enumerate(STRIDED):
        if axes != 2 and isinstance(kernel, tuple):
            continue
        shapes = [*SHAPES[axes - 1], EMPTY[axes - 1]] if number == 0 else SHAPES[axes - 1]
        sizes = {"kernel": kernel, "stride": stride, "padding": padding, "ceil": ceil}
        windows = partial(lists, axes=axes, **sizes)
        text = f"{kernel} stride {stride} padding {padding} ceil {ceil}"
        yield row(
            f"{MAX[axes - 1]} {text} dilation {dilation}",
            call(MAX[axes - 1], kernel, stride, padding, dilation, ceil),
            lambda x, windows=windows, dilation=dilation: oracle.largest(x, windows(x, dilation=dilation)),
            shapes,
            make=distinct,
        )
        pads = padding if isinstance(padding, tuple) else (padding,) * axes
        for include in (True, False) if dilation == 1 else ():
            yield row(
                f"{AVG[axes - 1]} {text} include {include}",
                call(AVG[axes - 1], kernel, stride, padding, ceil, include),
                lambda x, windows=windows, pads=pads, include=include: oracle.mean(
                    x, windows(x), pads, include=include
                ),
                shapes,
                8,
                size=lambda x, windows=windows: oracle.largest(np.abs(x), windows(x)),
            )


OUTPUTS: list[list[Any]] = [[4, 1, 11], [(3, 4), (1, 3), (None, 5), (1, 1), (9, 12)], [(2, 3, None), 1]]


def adaptive_rows(axes: int) -> Iterator[Case]:
    for number, output in enumerate(OUTPUTS[axes - 1]):

        def windows(x: Array, output: Any = output) -> list[oracle.Lists]:
            sizes = output if isinstance(output, tuple) else (output,) * axes
            shape = x.shape[x.ndim - axes :]
            return [oracle.adaptive(n, n if m is None else m) for n, m in zip(shape, sizes, strict=True)]

        shapes = [*SHAPES[axes - 1], EMPTY[axes - 1]] if number == 0 else SHAPES[axes - 1]
        yield row(
            f"{ADAPTIVE_MAX[axes - 1]} {output}",
            call(ADAPTIVE_MAX[axes - 1], output),
            lambda x, windows=windows: oracle.largest(x, windows(x)),
            shapes,
            make=distinct,
        )
        yield row(
            f"{ADAPTIVE_AVG[axes - 1]} {output}",
            call(ADAPTIVE_AVG[axes - 1], output),
            lambda x, windows=windows: oracle.mean(x, windows(x)),
            shapes,
            8,
            size=lambda x, windows=windows: oracle.largest(np.abs(x), windows(x)),
        )


POSITIVE = inputs(1, 0.5, 3)
NORMS = [
    row(
        f"{NORM[axes - 1]} {p} ceil {ceil}",
        call(NORM[axes - 1], p, 2, ceil_mode=ceil),
        lambda x, axes=axes, p=p, ceil=ceil: oracle.norm(x, lists(x, axes, kernel=2, ceil=ceil), p),
        [*SHAPES[axes - 1], EMPTY[axes - 1]],
        16,
        POSITIVE,
    )
    for axes in (1, 2, 3)
    for p, ceil in ((2.0, False), (3.5, True), (-1.0, False))
]


def samples(x: Any, axes: int) -> Array:
    """Random numbers in [0, 1), exact in float32, for each channel."""
    shape = x.shape if len(x.shape) == axes + 2 else (1, *x.shape)
    return np.random.default_rng(4).integers(0, 64, (*shape[:2], axes)) / 64


def fractional(x: Any, axes: int) -> Any:
    numbers = nncore.tensor(samples(x, axes), dtype=x.dtype)
    return call(FRACTIONAL[axes - 1], 2, 3, _random_samples=numbers)(x)


def fractional_truth(x: Array, axes: int) -> Array:
    numbers = samples(x, axes)
    if axes == 2:  # PyTorch's order is that of W and H
        numbers = numbers[..., ::-1]
    planes = x.reshape(*numbers.shape[:2], *x.shape[x.ndim - axes :])
    found = [
        oracle.largest(
            planes[i, j][None],
            [oracle.fractional(n, 2, 3, u) for n, u in zip(planes.shape[2:], numbers[i, j], strict=True)],
        )
        for i, j in np.ndindex(*planes.shape[:2])
    ]
    shape = (*x.shape[: x.ndim - axes], *(3,) * axes)
    return np.stack(found).reshape(shape) if found else np.zeros(shape)


RANDOM = [
    row(
        FRACTIONAL[axes - 1],
        partial(fractional, axes=axes),
        partial(fractional_truth, axes=axes),
        [*SHAPES[axes - 1], EMPTY[axes - 1]],
        make=distinct,
    )
    for axes in (2, 3)
]


def places(shape: tuple[int, ...], axes: int) -> Array:
    """Different indices in planes of twice the size along each axis."""
    planes, n = int(np.prod(shape[: len(shape) - axes])), int(np.prod(shape[len(shape) - axes :]))
    rng = np.random.default_rng(3)
    found = [rng.permutation(n * 2**axes)[:n] for _ in range(planes)]
    return np.reshape(found, shape).astype(np.int64)


def unpool_truth(x: Array, axes: int) -> Array:
    shape = (*x.shape[: x.ndim - axes], *(2 * n for n in x.shape[x.ndim - axes :]))
    lead, n = x.shape[: x.ndim - axes], math.prod(x.shape[x.ndim - axes :])
    y = np.zeros((*lead, 2**axes * n))
    at = places(x.shape, axes).reshape(*lead, n)
    np.put_along_axis(y, at, x.reshape(at.shape), -1)
    return y.reshape(shape)


UNPOOLED = [
    row(
        UNPOOL[axes - 1],
        lambda x, axes=axes: call(UNPOOL[axes - 1], nncore.tensor(places(x.shape, axes)), 2)(x),
        partial(unpool_truth, axes=axes),
        [*SHAPES[axes - 1], EMPTY[axes - 1]],
    )
    for axes in (1, 2, 3)
]

# kernel, dilation, padding, stride
SLIDING: list[tuple[Any, Any, Any, Any]] = [(2, 1, 0, 1), (3, 2, 2, (2, 3)), ((1, 3), 1, (0, 4), 2)]


def sliding(shape: tuple[int, ...], kernel: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    sizes = {"kernel": kernel, "dilation": dilation, "padding": padding, "stride": stride}
    return lists(np.zeros(shape), 2, **sizes)


FOLDED = [
    *(
        row(
            f"unfold {sizes}",
            lambda x, sizes=sizes: F.unfold(x, *sizes),
            lambda x, sizes=sizes: oracle.unfold(x, sliding(x.shape, *sizes)),
            [(2, 3, 7, 9), (3, 6, 11), (1, 1, 5, 37), (0, 3, 7, 9)],
        )
        for sizes in SLIDING
    ),
    *(
        row(
            f"fold {sizes}",
            lambda x, sizes=sizes: F.fold(x, (7, 9), *sizes),
            lambda x, sizes=sizes: oracle.fold(x, (7, 9), sliding((7, 9), *sizes)),
            [oracle.unfold(np.zeros(shape), sliding(shape, *sizes)).shape for shape in planes],
            8,
            size=lambda x, sizes=sizes: oracle.fold(np.abs(x), (7, 9), sliding((7, 9), *sizes)),
        )
        for sizes in SLIDING
        for planes in ([(2, 3, 7, 9), (1, 1, 7, 9), (2, 7, 9), (0, 3, 7, 9)],)
    ),
]

CASES = [
    *(case for axes in (1, 2, 3) for rows in (strided_rows, adaptive_rows) for case in rows(axes)),
    *NORMS,
    *RANDOM,
    *UNPOOLED,
    *FOLDED,
]
