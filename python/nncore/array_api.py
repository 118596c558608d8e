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
from collections.abc import Callable, Sequence
from math import e, inf, nan, pi
from typing import Any

from nncore import _core
from nncore._core import (
    Tensor,
    abs,
    add,
    argmax,
    argmin,
    argsort,
    broadcast_to,
    ceil,
    cos,
    device,
    dtype,
    empty,
    empty_like,
    exp,
    expm1,
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
    log,
    log1p,
    log2,
    log10,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    ones,
    ones_like,
    reciprocal,
    remainder,
    round,
    sign,
    sin,
    sqrt,
    square,
    squeeze,
    stack,
    tan,
    tanh,
    tile,
    trunc,
    uint8,
    where,
    zeros,
    zeros_like,
)
from nncore._core import bool as bool
from nncore._core import div as divide
from nncore._core import movedim as moveaxis
from nncore._core import mul as multiply
from nncore._core import neg as negative
from nncore._core import pow as pow
from nncore._core import sub as subtract
from nncore._core import unbind as unstack
from nncore._core import unsqueeze as expand_dims
from nncore.errors import arguments
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
Axes = int | tuple[int, ...] | None


def _binary(function: Callable[[Tensor, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    """A function of two tensors, of which one may be a number."""

    def call(x1: Any, x2: Any, /) -> Tensor:
        like = x1 if isinstance(x1, Tensor) else x2
        arguments.tensors(function.__name__, x2=like)
        kept = like.dtype if like.dtype.is_floating_point else None
        return function(*(x if isinstance(x, Tensor) else _core.tensor(x, dtype=kept) for x in (x1, x2)))

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


equal = _binary(_core.eq)
greater = _binary(_core.gt)
greater_equal = _binary(_core.ge)
less = _binary(_core.lt)
less_equal = _binary(_core.le)
maximum = _binary(_core.maximum)
minimum = _binary(_core.minimum)
not_equal = _binary(_core.ne)


def _reduction(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A reduction over the axes, by default all, and over none for `axis=()`."""

    def call(x: Tensor, /, *, axis: Axes = None, keepdims: builtins.bool = False, **options: Any) -> Tensor:
        if axis == ():
            return function(x.unsqueeze(0), 0, **options)
        return function(x, axis, keepdim=keepdims, **options)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


all = _reduction(_core.all)
any = _reduction(_core.any)
max = _reduction(_core.amax)
mean = _reduction(_core.mean)
min = _reduction(_core.amin)
prod = _reduction(_core.prod)
sum = _reduction(_core.sum)


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: dtype | None = None,
    device: device | None = None,
) -> Tensor:
    """start, start + step, ... before stop; from 0 if stop is None. Empty if no step leads to stop."""
    first, end = (0, start) if stop is None else (start, stop)
    return _core.arange(first, end if (end - first) * step >= 0 else first, step, dtype=dtype, device=device)


def astype(x: Tensor, dtype: dtype, /, *, copy: builtins.bool = True) -> Tensor:
    """x as another dtype; with `copy=False`, x itself if it has this dtype."""
    return x.to(dtype, copy=copy)


def concat(arrays: Sequence[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """The tensors one after another along the axis; with `axis=None`, their elements as a vector."""
    return _core.cat([x.flatten() for x in arrays]) if axis is None else _core.cat(arrays, axis)


def cumulative_sum(
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: dtype | None = None,
    include_initial: builtins.bool = False,
) -> Tensor:
    """The sums of the elements up to each, after a 0 if `include_initial`; a vector needs no axis.

    Errors: ValueError.
    """
    if axis is None and x.ndim != 1:
        raise ValueError(f"cumulative_sum: a tensor of shape {x.shape} needs an axis")
    axis = axis or 0
    sums = _core.cumsum(x, axis, dtype=dtype)
    if not include_initial:
        return sums
    shape = list(x.shape)
    shape[axis] = 1
    return _core.cat([sums.new_zeros(shape), sums], axis)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: dtype | None = None,
    device: device | None = None,
) -> Tensor:
    """A matrix with ones on the k-th diagonal."""
    if k == 0:
        return _core.eye(n_rows, n_cols, dtype=dtype, device=device)
    columns = _core.arange(n_rows if n_cols is None else n_cols, device=device)
    ones = columns - _core.arange(n_rows, device=device).unsqueeze(1) == k
    return ones.to(_core.get_default_dtype() if dtype is None else dtype)


def flip(x: Tensor, /, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """x with the elements along the axes, by default all, in reverse order."""
    return _core.flip(x, tuple(range(x.ndim)) if axis is None else axis)


def linspace(
    start: float,
    stop: float,
    /,
    num: int,
    *,
    dtype: dtype | None = None,
    device: device | None = None,
    endpoint: builtins.bool = True,
) -> Tensor:
    """num numbers at equal distances from start to stop, which is the last one if `endpoint`."""
    return _core.linspace(start, stop, num + (not endpoint), dtype=dtype, device=device)[:num]


def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """The matrix product, in float64 if one of the tensors is."""
    wide = float64 if float64 in (x1.dtype, x2.dtype) else None
    return _core.matmul(x1, x2) if wide is None else _core.matmul(x1.to(wide), x2.to(wide))


def matrix_transpose(x: Tensor, /) -> Tensor:
    """x with its last two axes exchanged."""
    return x.mT


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """The indices of the elements that are not 0, one vector for each axis."""
    return _core.where(x != 0)


def permute_dims(x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """x with its axes in another order."""
    return _core.permute(x, axes)


def reshape(x: Tensor, /, shape: tuple[int, ...], *, copy: builtins.bool | None = None) -> Tensor:
    """The elements of x in another shape; with `copy=True`, in other memory."""
    return _core.reshape(x.clone() if copy else x, shape)


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
    x: Tensor, /, *, axis: Axes = None, correction: float = 0.0, keepdims: builtins.bool = False
) -> Tensor:
    """The standard deviation, by default with correction 0."""
    return _reduction(_core.std)(x, axis=axis, keepdims=keepdims, correction=correction)


def tensordot(x1: Tensor, x2: Tensor, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Tensor:
    """The sum of products over the last axes of x1 and the first of x2, or over the pairs of axes."""
    return _core.tensordot(x1, x2, axes)


def tril(x: Tensor, /, *, k: int = 0) -> Tensor:
    """x with zeros above the k-th diagonal."""
    return _core.tril(x, k)


def triu(x: Tensor, /, *, k: int = 0) -> Tensor:
    """x with zeros below the k-th diagonal."""
    return _core.triu(x, k)


def var(
    x: Tensor, /, *, axis: Axes = None, correction: float = 0.0, keepdims: builtins.bool = False
) -> Tensor:
    """The variance, by default with correction 0."""
    return _reduction(_core.var)(x, axis=axis, keepdims=keepdims, correction=correction)
