"""Rows of the table of ops: reductions, scans and sorting; see op_table."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from op_case import Array, Case, distinct, inputs

PLAIN = inputs(1, -3, 3)


def row(
    name: str, call: Any, truth: Any, shapes: Any, ulp: float = 0.5, make: Any = PLAIN, **more: Any
) -> Case:
    return Case(name, call, truth, make, shapes, ulp=ulp, **more)


_AXES: list[tuple[tuple[int, ...], Any]] = [
    ((), None),
    ((5, 7), None),
    ((5, 7), 0),
    ((5, 7), -1),
    ((3, 5, 2, 4), (0, 2)),
    ((3, 5, 2, 4), (1, 2)),
    ((3, 5, 2, 4), (1, 3)),
    ((2, 1, 3), 1),
    ((0, 3), 1),
    ((3, 300, 70), 1),
    ((2, 9001), 1),
]
_SMALL = [case for case in _AXES if np.prod(case[0]) < 1000]


def _logsumexp(x: Array, axis: Any, keepdims: bool) -> Any:
    top = x.max(axis=axis, keepdims=True)
    y = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return y if keepdims else y.squeeze(axis if axis is not None else tuple(range(x.ndim)))


def _norm(x: Array, p: float, axis: Any, keepdims: bool) -> Any:
    if np.isinf(p):
        return np.abs(x).max(axis=axis, keepdims=keepdims)
    return (np.abs(x) ** p).sum(axis=axis, keepdims=keepdims) ** (1 / p)


REDUCTIONS = [
    *(
        row(
            f"{name} {shape} dim={dim} keepdim={keep}",
            lambda x, name=name, dim=dim, keep=keep: getattr(x, name)(dim, keepdim=keep, correction=0.5),
            lambda x, name=name, dim=dim, keep=keep: getattr(np, name)(x, axis=dim, ddof=0.5, keepdims=keep),
            [shape],
            64,
        )
        for name in ("var", "std")
        for shape, dim in _AXES
        if shape
        for keep in (False, True)
        if np.prod([shape[d] for d in np.atleast_1d(range(len(shape)) if dim is None else dim)]) > 1
    ),
    *(
        row(
            f"{name} dim={dim}",
            lambda x, f=f, dim=dim: f(x, dim)[0] + 2 * f(x, dim)[1],
            lambda x, g=g, dim=dim: g(x, dim, ddof=1) + 2 * x.mean(dim),
            [(5, 7), (3, 4, 5), (2, 5, 1), *([(0, 3)] if dim == 1 else [])],
            64,
            size=lambda x, dim=dim: np.abs(x).mean(dim) + 9,
        )
        for name, f, g in (("var_mean", nncore.var_mean, np.var), ("std_mean", nncore.std_mean, np.std))
        for dim in (0, 1)
    ),
    *(
        row(
            f"logsumexp {shape} dim={dim} keepdim={keep}",
            lambda x, dim=dim, keep=keep: x.logsumexp(dim, keep),
            lambda x, dim=dim, keep=keep: _logsumexp(x, dim, keep),
            [shape],
            64,
        )
        for shape, dim in _AXES
        for keep in (False, True)
    ),
    *(
        row(
            f"norm p={p} {shape} dim={dim}",
            lambda x, p=p, dim=dim: x.norm(p, dim),
            lambda x, p=p, dim=dim: _norm(x, p, dim, False),
            [shape],
            64,
            distinct if np.isinf(p) else inputs(1, -3, 3, 0.01),
        )
        for p in (1.0, 2.0, 3.5, float("inf"))
        for shape, dim in _AXES
        if np.prod(shape) < 1000 or not np.isinf(p)
    ),
    *(
        row(
            f"prod {shape} dim={dim}",
            lambda x, dim=dim: x.prod(dim),
            lambda x, dim=dim: x.prod(axis=dim),
            [shape],
            64,
            inputs(1, 0.5, 1.5),
        )
        for shape, dim in [*_SMALL, ((3, 0), 1)]
    ),
    row(
        "prod with zeros",
        lambda x: (x * nncore.tensor([[0.0, 1, 1], [1, 1, 1], [0, 0, 1]]).to(x.dtype)).prod(1),
        lambda x: (x * np.array([[0.0, 1, 1], [1, 1, 1], [0, 0, 1]])).prod(1),
        [(3, 3)],
        4,
    ),
    *(
        row(
            f"{name} {shape} dim={dim}",
            lambda x, name=name, dim=dim: getattr(x, name)(dim, keepdim=True),
            lambda x, name=name, dim=dim: getattr(np, name)(x, axis=dim, keepdims=True),
            [shape],
            0.5,
            distinct,
        )
        for name in ("amax", "amin")
        for shape, dim in _SMALL
    ),
]

SCANS = [
    *(
        row(
            f"cumsum dim={d}",
            lambda x, d=d: x.cumsum(d),
            lambda x, d=d: x.cumsum(d),
            [(5, 7), (3, 4, 5), (2, 0), (1, 1)],
            16,
            size=lambda x, d=d: np.abs(x).cumsum(d),
        )
        for d in (0, 1, -1)
    ),
    *(
        row(
            f"cumprod dim={d}",
            lambda x, d=d: x.cumprod(d),
            lambda x, d=d: x.cumprod(d),
            [(5, 7), (3, 4, 5), (2, 0), (1, 1)],
            16,
        )
        for d in (0, 1)
    ),
    row(
        "cumprod with zeros",
        lambda x: (x * nncore.tensor([1.0, 0, 1, 0, 1]).to(x.dtype)).cumprod(-1),
        lambda x: (x * np.array([1.0, 0, 1, 0, 1])).cumprod(-1),
        [(2, 5)],
        4,
    ),
    *(
        row(
            f"sort dim={d} descending={down}",
            lambda x, d=d, down=down: x.sort(d, down).values,
            lambda x, d=d, down=down: np.flip(np.sort(x, d), d) if down else np.sort(x, d),
            [(5, 7), (3, 4, 5), (700, 1), (2, 0), (1, 1)],
            0.5,
            distinct,
        )
        for d in (0, 1)
        for down in (False, True)
    ),
    *(
        row(
            f"topk dim={d} largest={up}",
            lambda x, d=d, up=up: x.topk(3, d, largest=up).values,
            lambda x, d=d, up=up: np.take(-np.sort(-x, d) if up else np.sort(x, d), [0, 1, 2], d),
            [(5, 7), (3, 4, 5)],
            0.5,
            distinct,
        )
        for d in (0, 1)
        for up in (False, True)
    ),
]

CASES: list[Case] = [*REDUCTIONS, *SCANS]
