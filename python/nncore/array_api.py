"""The part of the array API standard that nncore has, under the standard's names; `__all__` lists it.

`tensor.__array_namespace__()` returns this module, so that code written for the standard takes tensors.
Functions of the standard that are missing raise AttributeError. Results are differentiable.
Source: the Python array API standard 2024.12, https://data-apis.org/array-api.

>>> xp = nncore.ones(2).__array_namespace__()
>>> xp.sum(xp.asarray([[1.0, 2.0], [3.0, 4.0]]), axis=0).tolist()
[4.0, 6.0]
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from math import e, inf, nan, pi

from nncore import _core
from nncore._core import (
    Tensor,
    abs,
    add,
    all,
    any,
    arange,
    argmax,
    argmin,
    argsort,
    broadcast_to,
    ceil,
    cos,
    dtype,
    empty,
    empty_like,
    exp,
    expm1,
    eye,
    float32,
    float64,
    floor,
    floor_divide,
    full,
    full_like,
    int32,
    int64,
    isfinite,
    isinf,
    isnan,
    linspace,
    log,
    log1p,
    log2,
    log10,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    matmul,
    maximum,
    mean,
    minimum,
    ones,
    ones_like,
    prod,
    reciprocal,
    remainder,
    reshape,
    round,
    sign,
    sin,
    sqrt,
    square,
    squeeze,
    stack,
    sum,
    tan,
    tanh,
    tensordot,
    tile,
    tril,
    triu,
    trunc,
    uint8,
    where,
    zeros,
    zeros_like,
)
from nncore._core import amax as max
from nncore._core import amin as min
from nncore._core import bool as bool
from nncore._core import cat as concat
from nncore._core import div as divide
from nncore._core import eq as equal
from nncore._core import ge as greater_equal
from nncore._core import gt as greater
from nncore._core import le as less_equal
from nncore._core import lt as less
from nncore._core import movedim as moveaxis
from nncore._core import mul as multiply
from nncore._core import ne as not_equal
from nncore._core import neg as negative
from nncore._core import permute as permute_dims
from nncore._core import pow as pow
from nncore._core import sub as subtract
from nncore._core import unbind as unstack
from nncore._core import unsqueeze as expand_dims
from nncore.functions import asarray, from_dlpack

__all__ = [
    "abs",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "astype",
    "bool",
    "broadcast_to",
    "ceil",
    "concat",
    "cos",
    "cumulative_sum",
    "divide",
    "e",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_dlpack",
    "full",
    "full_like",
    "greater",
    "greater_equal",
    "inf",
    "int32",
    "int64",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "nan",
    "negative",
    "newaxis",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "permute_dims",
    "pi",
    "pow",
    "prod",
    "reciprocal",
    "remainder",
    "reshape",
    "roll",
    "round",
    "sign",
    "sin",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "tril",
    "triu",
    "trunc",
    "uint8",
    "unstack",
    "var",
    "where",
    "zeros",
    "zeros_like",
]

newaxis = None


def astype(x: Tensor, dtype: dtype, /, *, copy: builtins.bool = True) -> Tensor:
    """x as another dtype; with `copy=False`, x itself if it has this dtype."""
    return x.to(dtype, copy=copy)


def cumulative_sum(x: Tensor, /, *, axis: int | None = None, dtype: dtype | None = None) -> Tensor:
    """The sums of the elements up to each; a vector needs no axis. Errors: ValueError."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"cumulative_sum: a tensor of shape {x.shape} needs an axis")
    return _core.cumsum(x, axis or 0, dtype=dtype)


def flip(x: Tensor, /, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """x with the elements along the axes, by default all, in reverse order."""
    return _core.flip(x, tuple(range(x.ndim)) if axis is None else axis)


def matrix_transpose(x: Tensor, /) -> Tensor:
    """x with its last two axes exchanged."""
    return x.mT


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """The indices of the elements that are not 0, one vector for each axis."""
    return _core.where(x != 0)


def roll(x: Tensor, /, shift: int | tuple[int, ...], *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """x with the elements along the axes moved by `shift`; without axis, x as a vector is moved."""
    return _core.roll(x, shift, axis)


def sort(
    x: Tensor, /, *, axis: int = -1, descending: builtins.bool = False, stable: builtins.bool = True
) -> Tensor:
    """The elements along an axis in order."""
    values: Tensor = _core.sort(x, axis, descending, stable).values
    return values


def std(
    x: Tensor,
    /,
    *,
    axis: int | Sequence[int] | None = None,
    correction: float = 0.0,
    keepdims: builtins.bool = False,
) -> Tensor:
    """The standard deviation, by default with correction 0."""
    return _core.std(x, axis, correction=correction, keepdim=keepdims)


def var(
    x: Tensor,
    /,
    *,
    axis: int | Sequence[int] | None = None,
    correction: float = 0.0,
    keepdims: builtins.bool = False,
) -> Tensor:
    """The variance, by default with correction 0."""
    return _core.var(x, axis, correction=correction, keepdim=keepdims)
