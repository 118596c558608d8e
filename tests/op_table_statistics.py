"""Rows of the table of ops: order statistics and distances; see op_table."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from op_case import Array, Case, distinct, inputs
from op_table import of_shapes

ROWS: list[tuple[int, ...]] = [(3, 7), (2, 3, 4), (0, 3), (1,)]


def _lower_median(x: Array) -> Any:
    return np.sort(x, -1)[..., (x.shape[-1] - 1) // 2]


def _cdist(a: Array, b: Array, p: float) -> Any:
    return (np.abs(a[..., :, None, :] - b[..., None, :, :]) ** p).sum(-1) ** (1 / p)


CASES = [
    Case("trace", nncore.trace, np.trace, inputs(1, -3, 3), [(4, 4), (3, 5), (0, 3), (1, 1)], 4),
    Case("median", lambda x: nncore.median(x, -1).values, _lower_median, distinct, ROWS, 0.5),
    Case(
        "quantile",
        lambda x: nncore.quantile(x, 0.375, -1),
        lambda x: np.quantile(x, 0.375, axis=-1),
        distinct,
        ROWS,
        4,
    ),
    Case("nan_to_num", nncore.nan_to_num, np.nan_to_num, inputs(1, -3, 3), ulp=0),
    *(
        Case(
            f"cdist p={p} {a} {b}",
            lambda x, y, p=p: nncore.cdist(x, y, p),
            lambda x, y, p=p: _cdist(x, y, p),
            of_shapes(a, b),
            [a + b],
            64,
        )
        for p in (1.0, 2.0, 3.0)
        for a, b in [((3, 4), (5, 4)), ((2, 1, 3), (1, 4, 3)), ((0, 3), (2, 3)), ((1, 1), (1, 1))]
    ),
]
