"""Rows of the table of ops: einsum, products, elementwise ops with several forms; see op_table."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from op_case import Array, Case, distinct, inputs
from op_table_arrays import row
from op_table_select import of_shapes


def _einsum(equation: str, *shapes: tuple[int, ...]) -> Case:
    return row(
        f"einsum {equation}",
        lambda *x: nncore.einsum(equation, *x),
        lambda *x: np.einsum(equation, *x),
        [shapes],
        8,
        of_shapes,
        size=lambda *x: np.einsum(equation, *map(np.abs, x)),
    )


def _product(name: str, truth: Any, *shapes: tuple[int, ...], call: Any = None) -> Case:
    return row(
        name,
        call or getattr(nncore, name),
        truth,
        [shapes],
        8,
        of_shapes,
        size=lambda *x: truth(*map(np.abs, x)),
    )


SMALL_PRODUCTS: list[tuple[str, Any, list[tuple[tuple[int, ...], tuple[int, ...]]]]] = [
    ("mm", np.matmul, [((3, 4), (4, 5)), ((0, 4), (4, 5)), ((1, 1), (1, 1))]),
    ("bmm", np.matmul, [((2, 3, 4), (2, 4, 5)), ((2, 3, 0), (2, 0, 5)), ((1, 1, 1), (1, 1, 1))]),
    ("mv", np.matmul, [((3, 4), (4,)), ((0, 4), (4,)), ((1, 1), (1,))]),
    ("dot", np.dot, [((7,), (7,)), ((0,), (0,)), ((1,), (1,))]),
    ("outer", np.outer, [((3,), (4,)), ((0,), (4,)), ((1,), (1,))]),
    ("tensordot", np.tensordot, [((2, 3, 0), (3, 0, 5)), ((1, 1, 1), (1, 1, 1))]),
]

PRODUCTS = [
    _einsum("ij,jk->ik", (3, 4), (4, 5)),
    _einsum("ij,kj", (3, 4), (5, 4)),
    _einsum("ij,ij->i", (3, 4), (3, 4)),
    _einsum("ij,ij->i", (3, 1), (3, 1)),
    _einsum("ij,j", (3, 4), (4,)),
    _einsum("i,j->ji", (3,), (4,)),
    _einsum("i,i", (5,), (5,)),
    _einsum("ij->ji", (3, 4)),
    _einsum("ij->", (3, 4)),
    _einsum("ii", (4, 4)),
    _einsum("ii->i", (4, 4)),
    _einsum("iji->ij", (3, 4, 3)),
    _einsum("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    _einsum("...ij,...jk->...ik", (2, 3, 4), (4, 5)),
    _einsum("b...i,ij->b...j", (2, 3, 4), (4, 5)),
    _einsum("...,...->...", (2, 3), (3,)),
    _einsum("bhqd,bkhd->bhqk", (2, 3, 4, 2), (2, 5, 3, 2)),
    _einsum("ab,bc,cd->ad", (2, 3), (3, 4), (4, 2)),
    _einsum("ab,bc,ca->", (2, 3), (3, 4), (4, 2)),
    _einsum("ia,ib,ic->abc", (4, 2), (4, 3), (4, 2)),
    _einsum("ij,kl->", (2, 3), (4, 2)),
    _einsum("ij,jk->ik", (3, 0), (0, 5)),
    _einsum("aijb,ai->jb", (2, 3, 4, 2), (2, 3)),
    _product("tensordot", np.tensordot, (2, 3, 4), (3, 4, 5)),
    _product(
        "tensordot over pairs",
        lambda a, b: np.tensordot(a, b, ([2, 0], [0, 1])),
        (2, 3, 4),
        (4, 2, 5),
        call=lambda a, b: nncore.tensordot(a, b, ([2, 0], [0, 1])),
    ),
    *(
        _product(f"{name} {a} {b}", truth, a, b, call=getattr(nncore, name))
        for name, truth, shapes in SMALL_PRODUCTS
        for a, b in shapes
    ),
    _product(
        "addmm",
        lambda x, a, b: 0.5 * x + 2 * (a @ b),
        (5,),
        (3, 4),
        (4, 5),
        call=lambda x, a, b: nncore.addmm(x, a, b, beta=0.5, alpha=2.0),
    ),
]


def _prelu(x: Array, w: Array) -> Array:
    return np.asarray(np.where(x > 0, x, w.reshape(-1, *[1] * (x.ndim - 2)) * x))


def _pair(rng: np.random.Generator, shapes: Any) -> list[Array]:
    return [inputs(1, -3, 3, 0.01)(rng, shape)[0] for shape in shapes]


def _softmin(x: Array) -> Array:
    e = np.exp(x.min(-1, keepdims=True) - x)
    return np.asarray(e / e.sum(-1, keepdims=True))


def _pair_or_two(rng: np.random.Generator, shapes: Any) -> list[Array]:
    return _pair(rng, shapes if isinstance(shapes[0], tuple) else (shapes, shapes))


FORMS = [
    row(
        "prelu by channel",
        nncore.nn.functional.prelu,
        _prelu,
        [((3, 4), (4,)), ((2, 3, 5), (3,)), ((5,), (1,))],
        1,
        _pair,
    ),
    row(
        "glu",
        lambda x: nncore.nn.functional.glu(x, 1),
        lambda x: x[:, : x.shape[1] // 2] / (1 + np.exp(-x[:, x.shape[1] // 2 :])),
        [(3, 4), (2, 6, 3), (0, 4), (1, 2)],
        4,
    ),
    row("max of two", nncore.max, np.maximum, [(3, 4), ((3, 1), (4,))], 0.5, _pair_or_two),
    row("min of two", lambda a, b: a.min(b), np.minimum, [(3, 4), ((3, 1), (4,))], 0.5, _pair_or_two),
    *(
        row(
            f"maxout dim={dim}",
            lambda x, dim=dim: nncore.nn.functional.maxout(x, 3, dim),
            lambda x, dim=dim: np.moveaxis(
                np.moveaxis(x, dim, -1).reshape(*np.moveaxis(x, dim, -1).shape[:-1], -1, 3).max(-1), -1, dim
            ),
            [(2, 6), (3, 3)] if dim == 1 else [(6, 2), (9,), (3, 2, 2), (0, 2)],
            0.5,
            distinct,
        )
        for dim in (0, 1)
    ),
    row("softmin", lambda x: nncore.nn.functional.softmin(x, -1), _softmin, [(3, 4), (2, 1), (0, 4)], 8),
    row(
        "lerp",
        lambda a, b: a.lerp(b, 0.25),
        lambda a, b: a + 0.25 * (b - a),
        [(3, 4), (7,), (0, 4), (1, 1)],
        2,
        inputs(2, 1, 3),
    ),
    row(
        "addcmul",
        lambda a, b: a.addcmul(b, b, value=0.5),
        lambda a, b: a + 0.5 * b * b,
        [(3, 4), (0, 4), (1, 1)],
        2,
        inputs(2, 1, 3),
    ),
    row(
        "addcdiv",
        lambda a, b: a.addcdiv(a, b),
        lambda a, b: a + a / b,
        [(3, 4), (0, 4), (1, 1)],
        2,
        inputs(2, 1, 3),
    ),
    row(
        "clamp between tensors",
        lambda a, b: a.clamp(b, b + 1),
        lambda a, b: np.clip(a, b, b + 1),
        [((3, 4), (4,))],
        1,
        _pair,
    ),
    row("clamp from below", lambda a: a.clamp(min=0.3), lambda a: np.maximum(a, 0.3), [(3, 4)], 1),
    row(
        "mod a number",
        lambda a: (a % 0.75) + (2.5 % a),
        lambda a: a % 0.75 + 2.5 % a,
        [(3, 4), (0, 4), (1, 1)],
        2,
        inputs(1, 0.8, 1.2),
    ),
]

CASES: list[Case] = [*PRODUCTS, *FORMS]
