"""Rows of the table of ops: convolutions and transposed convolutions; see op_table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import conv_oracle as oracle
from nncore.nn import functional as F
from op_case import Case
from op_table_arrays import row
from op_table_select import of_shapes

Shape = tuple[int, ...]

# Names of functions, spelled out so that the test of complete tables finds them
CONV = ["", "conv1d", "conv2d", "conv3d"]
TRANSPOSED = ["", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

# shapes of x and w, and the settings
CONVOLUTIONS: list[tuple[Shape, Shape, dict[str, Any]]] = [
    ((2, 3, 11), (4, 3, 3), {}),
    ((1, 1, 1), (1, 1, 1), {}),
    ((0, 3, 5), (2, 3, 2), {}),
    ((3, 5, 70), (7, 5, 4), {"stride": 3, "padding": 2}),
    ((2, 4, 37), (6, 2, 3), {"groups": 2, "dilation": 5, "padding": 4}),
    ((4, 9), (2, 4, 4), {"padding": "same"}),
    ((2, 1, 9, 12), (2, 1, 5, 5), {"padding": 2}),
    ((1, 1, 1, 1), (1, 1, 1, 1), {}),
    ((0, 2, 4, 4), (3, 2, 3, 3), {}),
    ((2, 3, 9, 10), (5, 3, 3, 3), {"stride": 2, "padding": 1}),
    ((2, 3, 17, 19), (4, 3, 5, 4), {"stride": (3, 2), "padding": (0, 3), "dilation": (2, 1)}),
    ((3, 6, 7, 7), (9, 2, 3, 3), {"groups": 3, "padding": 1}),
    ((2, 5, 6, 9), (5, 1, 3, 3), {"groups": 5, "padding": 1}),
    ((2, 20, 7, 7), (17, 20, 1, 1), {}),
    ((2, 9, 8, 8), (4, 9, 1, 1), {"stride": 2}),
    ((1, 3, 6, 7), (2, 3, 4, 3), {"padding": "same", "dilation": (1, 2)}),
    ((1, 3, 6, 7), (2, 3, 4, 3), {"padding": "valid"}),
    ((3, 5, 6), (2, 3, 5, 6), {}),
    ((1, 2, 3, 3), (2, 2, 2, 2), {"stride": 4, "padding": 3}),
    ((2, 2, 4, 5, 6), (3, 2, 2, 3, 3), {"padding": 1}),
    ((1, 1, 1, 1, 1), (1, 1, 1, 1, 1), {}),
    ((0, 1, 3, 3, 3), (1, 1, 2, 2, 2), {}),
    ((1, 4, 5, 6, 7), (4, 2, 3, 2, 2), {"groups": 2, "stride": (2, 1, 2), "padding": 1}),
    ((1, 2, 5, 6, 4), (3, 2, 2, 2, 2), {"dilation": (1, 2, 1)}),
]

TRANSPOSED_CONVOLUTIONS: list[tuple[Shape, Shape, dict[str, Any]]] = [
    ((2, 3, 11), (3, 4, 3), {}),
    ((1, 1, 1), (1, 1, 1), {}),
    ((0, 3, 5), (3, 2, 2), {}),
    ((3, 5, 29), (5, 7, 4), {"stride": 3, "padding": 2, "output_padding": 1}),
    ((4, 9), (4, 1, 4), {"groups": 2, "dilation": 3, "output_padding": 2}),
    ((2, 3, 5, 6), (3, 5, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((1, 1, 1, 1), (1, 1, 1, 1), {}),
    ((0, 2, 4, 4), (2, 3, 3, 3), {}),
    ((2, 4, 6, 5), (4, 2, 5, 4), {"stride": (3, 2), "padding": (1, 2), "groups": 2, "dilation": (2, 1)}),
    ((2, 3, 4, 4), (3, 2, 2, 2), {"stride": 2}),
    ((3, 4, 4), (3, 2, 1, 1), {"stride": 3}),
    ((1, 2, 3, 4, 2), (2, 3, 3, 2, 2), {"stride": (2, 1, 2), "padding": 1}),
    ((1, 1, 1, 1, 1), (1, 1, 1, 1, 1), {}),
    ((0, 1, 3, 3, 3), (1, 1, 2, 2, 2), {}),
]


def rows(names: list[str], truth: Any, table: list[tuple[Shape, Shape, dict[str, Any]]]) -> Iterator[Case]:
    for x, w, settings in table:
        transposed = names is TRANSPOSED
        filters = w[1] * settings.get("groups", 1) if transposed else w[0]
        name, text = names[len(w) - 2], " ".join(f"{k} {v}" for k, v in settings.items())
        for bias in ([], [(filters,)]):
            yield row(
                f"{name} {x} {w} {text}{' bias' if bias else ''}",
                lambda *t, name=name, settings=settings: getattr(F, name)(*t, **settings),
                lambda *a, settings=settings: truth(*a, **settings),
                [(x, w, *bias)],
                8,
                of_shapes,
                size=lambda *a, settings=settings: truth(*map(np.abs, a), **settings),
            )


CASES = [
    *rows(CONV, oracle.conv, CONVOLUTIONS),
    *rows(TRANSPOSED, oracle.conv_transpose, TRANSPOSED_CONVOLUTIONS),
]
