"""Rows of the table of ops: rearranging and selecting elements; see op_table."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from nncore import _core
from op_case import Array, Case, inputs
from op_table_arrays import row


def _index(shape: tuple[int, ...], size: int, seed: int = 3) -> Array:
    return np.random.default_rng(seed).integers(0, size, shape)


def of_shapes(rng: np.random.Generator, shapes: Any) -> list[Array]:
    """One array of each shape."""
    return [inputs(1, -3, 3)(rng, shape)[0] for shape in shapes]


_FLAGS = np.arange(12).reshape(3, 4) % 3 == 0
_GATHER = _index((2, 5), 4)
_SELECT = np.array([2, 0, 2])
ARRANGED = [
    row("flip", lambda x: x.flip(0, -1), lambda x: np.flip(x, (0, -1)), [(3, 4), (2, 0), (2, 3, 4), (1, 1)]),
    row(
        "roll",
        lambda x: x.roll((1, -2), (0, 1)),
        lambda x: np.roll(x, (1, -2), (0, 1)),
        [(3, 4), (1, 5), (0, 2)],
    ),
    row("roll of all", lambda x: x.roll(3), lambda x: np.roll(x, 3), [(3, 4), (7,), ()]),
    row("tile", lambda x: x.tile(2, 3), lambda x: np.tile(x, (2, 3)), [(4,), (3, 4), (2, 3, 4), (0, 2), ()]),
    row(
        "repeat",
        lambda x: x.repeat(2, 1, 3),
        lambda x: np.tile(x, (2, 1, 3)),
        [(3, 4), (2, 3, 4), (5,), (0, 3), (1, 1)],
    ),
    row(
        "repeat many axes",
        lambda x: x.repeat(2, 2, 2, 2, 2, 2),
        lambda x: np.tile(x, (2, 2, 2, 2, 2, 2)),
        [(2, 1, 3, 2, 2, 2)],
    ),
    row(
        "repeat_interleave",
        lambda x: x.repeat_interleave(3, 1),
        lambda x: np.repeat(x, 3, 1),
        [(3, 4), (2, 3, 2), (0, 4), (1, 1)],
    ),
    row(
        "repeat_interleave of all",
        lambda x: x.repeat_interleave(2),
        lambda x: np.repeat(x, 2),
        [(3, 4), (5,)],
    ),
    *(
        row(
            f"tril {k}",
            lambda x, k=k: x.tril(k),
            lambda x, k=k: np.tril(x, k),
            [(4, 4), (2, 3, 5), (5, 2), (0, 3, 2), (1, 1)],
        )
        for k in (-2, 0, 1, 9)
    ),
    *(
        row(
            f"triu {k}",
            lambda x, k=k: x.triu(k),
            lambda x, k=k: np.triu(x, k),
            [(4, 4), (2, 3, 5), (5, 2), (0, 3, 2), (1, 1)],
        )
        for k in (-9, -1, 0, 2)
    ),
    *(
        row(
            f"diagonal {k}",
            lambda x, k=k: x.diagonal(k),
            lambda x, k=k: x.diagonal(k),
            [(4, 4), (3, 5, 2), (5, 2), (0, 3), (1, 1)],
        )
        for k in (-1, 0, 2, 9)
    ),
    row("diagonal of other axes", lambda x: x.diagonal(1, 2, 0), lambda x: x.diagonal(1, 2, 0), [(3, 2, 4)]),
    *(
        row(f"diag {k}", lambda x, k=k: x.diag(k), lambda x, k=k: np.diag(x, k), [(4,), (3, 5), (1,)])
        for k in (-1, 0, 2)
    ),
    row(
        "pad constant",
        lambda x: _core.pad(x, (1, 2, 0, 3), value=2.5),
        lambda x: np.pad(x, [(0, 0)] * (x.ndim - 2) + [(0, 3), (1, 2)], constant_values=2.5),
        [(3, 4), (2, 3, 4), (0, 2), (1, 1)],
    ),
    row(
        "pad by negative widths",
        lambda x: _core.pad(x, (-1, 2, -1, -1)),
        lambda x: np.pad(x[1:-1, 1:], [(0, 0), (0, 2)]),
        [(3, 4), (5, 2)],
    ),
    *(
        row(
            f"pad {mode}",
            lambda x, mode=mode: _core.pad(x, (2, 1, 1, 3), mode),
            lambda x, other=other: np.pad(x, [(0, 0)] * (x.ndim - 2) + [(1, 3), (2, 1)], other),
            [(4, 5), (2, 4, 3), (5, 4)],
            2,
        )
        for mode, other in (("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap"))
    ),
    row(
        "split",
        lambda x: nncore.cat([p * (i + 1) for i, p in enumerate(x.split(2, 1))], 1),
        lambda x: x * (np.arange(x.shape[1]) // 2 + 1),
        [(3, 5), (2, 4), (0, 3), (1, 1)],
        1,
    ),
    row("split, parts unused", lambda x: x.split([1, 3, 1], 1)[1], lambda x: x[:, 1:4], [(3, 5), (1, 5)]),
    row("chunk", lambda x: x.chunk(3, -1)[2], lambda x: x[..., 4:], [(3, 5), (6,), (0, 5), (1, 5)]),
    row(
        "unbind",
        lambda x: x.unbind(1)[1] - x.unbind(1)[0],
        lambda x: x[:, 1] - x[:, 0],
        [(3, 2), (2, 4, 3), (0, 2), (1, 2)],
        1,
    ),
    row("ravel", lambda x: x.ravel(), np.ravel, [(2, 3), (5,), (), (0, 2)]),
    row("select", lambda x: x.select(1, -2), lambda x: x[:, -2], [(2, 3), (1, 2, 5), (0, 2), (4, 9, 1)]),
    row(
        "unflatten",
        lambda x: x.unflatten(1, (2, -1)),
        lambda x: x.reshape(len(x), 2, -1),
        [(3, 4), (1, 6)],
    ),
    row(
        "movedim",
        lambda x: x.movedim((0, 1), (-1, 0)),
        lambda x: np.moveaxis(x, (0, 1), (-1, 0)),
        [(2, 3, 4), (1, 5, 2), (0, 3, 1)],
    ),
    row("narrow", lambda x: x.narrow(1, -3, 2), lambda x: x[:, -3:-1], [(3, 4), (0, 3), (1, 3)]),
]

SELECTED = [
    row(
        "gather 0",
        lambda x: x.gather(0, nncore.tensor(_GATHER)),
        lambda x: np.take_along_axis(x[:, :5], _GATHER, 0),
        [(4, 5), (6, 7)],
    ),
    row(
        "gather 1",
        lambda x: x.gather(1, nncore.tensor(_GATHER)),
        lambda x: np.take_along_axis(x[:2], _GATHER, 1),
        [(2, 4), (3, 9)],
    ),
    row(
        "take_along_dim",
        lambda x: x.take_along_dim(nncore.tensor(_GATHER[:1]), 1),
        lambda x: np.take_along_axis(x, _GATHER[:1], 1),
        [(3, 4), (1, 5), (2, 4)],
    ),
    row(
        "scatter_add",
        lambda a, b: a.scatter_add(1, nncore.tensor(_GATHER), b),
        lambda a, b: _scatter(a, _GATHER, b, 1, True),
        [((3, 6), (2, 5))],
        4,
        of_shapes,
    ),
    row(
        "scatter",
        lambda a, b: a.scatter(0, nncore.tensor(np.argsort(_GATHER, 0)), b),
        lambda a, b: _scatter(a, np.argsort(_GATHER, 0), b, 0, False),
        [((3, 6), (2, 5)), ((2, 5), (2, 6))],
        0.5,
        of_shapes,
    ),
    row(
        "scatter of a value",
        lambda a: a.scatter(0, nncore.tensor(_GATHER), value=2.0),
        lambda a: _scatter(a, _GATHER, np.full((2, 5), 2.0), 0, False),
        [(4, 5)],
    ),
    row(
        "index_select",
        lambda x: x.index_select(1, nncore.tensor(_SELECT)),
        lambda x: x[:, _SELECT],
        [(4, 3), (2, 5, 3), (0, 3), (1, 3)],
    ),
    row(
        "index_add",
        lambda a, b: a.index_add(1, nncore.tensor(_SELECT), b, alpha=2.0),
        lambda a, b: a + 2 * np.stack([b[:, 1], 0 * b[:, 0], b[:, 0] + b[:, 2]], 1),
        [((4, 3), (4, 3)), ((2, 3, 5), (2, 3, 5))],
        4,
        of_shapes,
    ),
    row(
        "index_copy",
        lambda a, b: a.index_copy(1, nncore.tensor([2, 0]), b),
        lambda a, b: np.concatenate([b[:, 1:2], a[:, 1:2], b[:, :1], a[:, 3:]], 1),
        [((4, 3), (4, 2)), ((2, 4, 5), (2, 2, 5)), ((1, 3), (1, 2)), ((0, 3), (0, 2))],
        0,
        of_shapes,
    ),
    row(
        "index_put",
        lambda a, b: a.index_put((nncore.tensor([1, -1, 1]),), b, accumulate=True),
        lambda a, b: (
            a + np.stack([b[0] + b[2] if i == 1 else b[1] * (i == len(a) - 1) for i in range(len(a))])
        ),
        [((3, 2), (3, 2)), ((4,), (3,)), ((3, 0), (3, 0)), ((3, 1), (3, 1))],
        4,
        of_shapes,
    ),
    row(
        "index_fill",
        lambda x: x.index_fill(1, nncore.tensor([2, 0]), -1.5),
        lambda x: np.where(np.isin(np.arange(x.shape[1]), (0, 2)), -1.5, x),
        [(4, 3), (1, 5), (0, 3)],
    ),
    row(
        "take",
        lambda x: x.take(nncore.tensor([[5, -1], [0, 5]])),
        lambda x: np.take(x, [[5, -1], [0, 5]]),
        [(2, 3), (7,), (6, 1)],
    ),
    row(
        "masked_fill",
        lambda x: x.masked_fill(nncore.tensor(_FLAGS), -1.5),
        lambda x: np.where(_FLAGS, -1.5, x),
        [(3, 4), (4,), (), (2, 3, 4), (0, 3, 4), (1, 4)],
    ),
    row(
        "masked_select",
        lambda x: x.masked_select(nncore.tensor(_FLAGS)),
        lambda x: np.broadcast_to(x, (3, 4))[_FLAGS],
        [(3, 4), (4,), (3, 1)],
    ),
    row(
        "rows and columns",
        lambda x: x[nncore.tensor([[0], [2]]), nncore.tensor([1, -1, 1])],
        lambda x: x[np.array([[0], [2]]), np.array([1, -1, 1])],
        [(3, 4), (3, 4, 2), (3, 4, 0), (3, 2, 1)],
    ),
    row(
        "indices apart",
        lambda x: x[[0, 2], :, [1, -1]],
        lambda x: x[[0, 2], :, [1, -1]],
        [(3, 4, 2), (3, 1, 5, 2), (3, 0, 2), (3, 1, 2)],
    ),
    row(
        "indices with slices",
        lambda x: x[1:, None, nncore.tensor([3, 0, 3]), ::2],
        lambda x: x[1:, None, np.array([3, 0, 3]), ::2],
        [(3, 4, 5), (3, 4, 0)],
    ),
    row(
        "index of an inner axis",
        lambda x: x[:, nncore.tensor(_SELECT)],
        lambda x: x[:, _SELECT],
        [(4, 3), (2, 3, 5)],
    ),
    row(
        "mask",
        lambda x: x[nncore.tensor(_FLAGS)],
        lambda x: x[_FLAGS],
        [(3, 4), (3, 4, 2), (3, 4, 0), (3, 4, 1)],
    ),
    row(
        "mask and slice",
        lambda x: x[nncore.tensor(_FLAGS[:, 0]), 1:],
        lambda x: x[_FLAGS[:, 0], 1:],
        [(3, 4)],
    ),
    row(
        "mask and index",
        lambda x: x[..., nncore.tensor(_FLAGS[:, 0]), 1],
        lambda x: x[..., _FLAGS[:, 0], 1],
        [(3, 4), (2, 3, 4)],
    ),
    row("whole", lambda x: x[...], lambda x: x[...], [(3, 4), (), (0, 3)]),
]


def _scatter(a: Array, index: Array, b: Array, axis: int, add: bool) -> Array:
    y = a.copy()
    for at in np.ndindex(index.shape):
        to = tuple(int(index[at]) if d == axis else i for d, i in enumerate(at))
        y[to] = y[to] + b[at] if add else b[at]
    return y


CASES: list[Case] = [*ARRANGED, *SELECTED]
