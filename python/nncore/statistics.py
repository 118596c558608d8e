"""Counts, order statistics, distances and random choices, composed of other functions."""

from __future__ import annotations

import functools
import math
import operator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from nncore import _core
from nncore._core import Tensor
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nncore import Generator, dtype

R = TypeVar("R")

__all__ = [
    "bernoulli",
    "bincount",
    "cdist",
    "count_nonzero",
    "median",
    "meshgrid",
    "multinomial",
    "nan_to_num",
    "normal",
    "poisson",
    "quantile",
    "randint_like",
    "trace",
    "unique",
]

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}
INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


def _takes_numpy_names(function: Callable[..., R]) -> Callable[..., R]:
    """Let a function take NumPy's `axis` and `keepdims` for `dim` and `keepdim`, as the core does."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> R:
        renamed = {name: options.pop(other) for other, name in NUMPY_NAMES.items() if other in options}
        return function(*args, **renamed, **options)

    return call


def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix.

    Errors: ValueError if input is not a matrix.

    >>> nncore.trace(nncore.eye(3)).item()
    3.0
    """
    arguments.tensors("trace", input=input)
    if input.ndim != 2:
        raise ValueError(f"trace: expected a matrix, got shape {input.shape}")
    return input.diagonal().sum()


@_takes_numpy_names
def count_nonzero(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """The number of elements that are not 0, in all or over dim, as int64.

    >>> nncore.count_nonzero(nncore.tensor([[0, 1], [2, 3]]), 0).tolist()
    [1, 2]
    """
    arguments.tensors("count_nonzero", input=input)
    if dim is None:
        return (input != 0).sum()
    axes = [_axis("count_nonzero", input, i) for i in (dim if isinstance(dim, (list, tuple)) else [dim])]
    return (input != 0).sum(axes)


def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Replace NaN by nan (0), and infinities by posinf and neginf (the extremes of the dtype).

    >>> nncore.nan_to_num(nncore.tensor([1.0, nncore.nan, nncore.inf]), posinf=9.0).tolist()
    [1.0, 0.0, 9.0]
    """
    arguments.tensors("nan_to_num", input=input)
    if not input.dtype.is_floating_point:
        return input.clone()
    for name, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
        if value is not None:
            arguments.real("nan_to_num", name, value)
    largest = (2 - 2.0**-23) * 2.0**127 if input.dtype == _core.float32 else (2 - 2.0**-52) * 2.0**1023
    given = ((_core.isnan(input), nan, 0.0), (input == math.inf, posinf, largest))
    for mask, value, default in (*given, (input == -math.inf, neginf, -largest)):
        input = _core.where(mask, default if value is None else value, input)
    return input


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, ... occurs in a vector of integers, or the sums of its weights.

    The result has max(input) + 1 elements, and at least minlength. Not allowed in a compiled step.
    Errors: ValueError for negative numbers.

    >>> nncore.bincount(nncore.tensor([0, 2, 2])).tolist()
    [1, 0, 2]
    """
    arguments.tensors("bincount", input=input)
    arguments.optional_tensors("bincount", weights=weights)
    least = _whole("bincount", "minlength", minlength)
    if input.dtype.is_floating_point or input.dtype == _core.bool:
        raise TypeError(f"bincount: expected integers, got {input.dtype}")
    if input.ndim != 1 or (weights is not None and weights.shape != input.shape):
        shapes = input.shape if weights is None else f"{input.shape} and weights of shape {weights.shape}"
        raise ValueError(f"bincount: expected a vector, and weights of the same shape, got {shapes}")
    if len(input):
        if int(input.min()) < 0:
            raise ValueError(f"bincount: the numbers must not be negative, got {int(input.min())}")
        least = max(least, int(input.max()) + 1)
    if weights is None:
        weights = _core.ones_like(input, dtype=_core.int64)
    elif weights.dtype != _core.float32:
        weights = weights.double()
    return _core.zeros(least, dtype=weights.dtype).to(input.device).index_add(0, input, weights.detach())


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements in ascending order; optionally their positions and numbers.

    inverse has the shape of input, with values[inverse] equal to input. With dim, the different slices along
    dim in lexicographic order; inverse has one element per slice. Not allowed in a compiled step.

    >>> values, counts = nncore.unique(nncore.tensor([3, 1, 3]), return_counts=True)
    >>> values.tolist(), counts.tolist()
    ([1, 3], [1, 2])
    """
    arguments.tensors("unique", input=input)
    if dim is not None:
        return _unique_slices(input.detach(), _axis("unique", input, dim), return_inverse, return_counts)
    ordered, places = input.detach().flatten().sort()
    count = len(ordered)
    first = _core.ones_like(ordered[:1], dtype=_core.bool)
    begins = _core.cat([first, ordered[1:] != ordered[: max(count - 1, 0)]])
    values = ordered[begins]
    if not return_inverse and not return_counts:
        return values
    group = begins.long().cumsum(0) - 1
    result = [values]
    if return_inverse:
        result.append(_core.zeros_like(places).scatter(0, places, group).reshape(input.shape))
    if return_counts:
        result.append(bincount(group, minlength=len(values)))
    return tuple(result)


def _unique_slices(input: Tensor, dim: int, return_inverse: bool, return_counts: bool) -> Any:
    count = input.size(dim)
    ranks = input.transpose(0, dim).reshape(count, input.numel() // max(count, 1))
    if not ranks.numel():
        ranks = _core.zeros(count, 1)
    ranks = unique(ranks, return_inverse=True)[1]
    while ranks.size(1) > 1:  # the ranks of pairs of neighbouring columns
        left, right = ranks[:, 0::2], _core.cat([ranks[:, 1::2], ranks[:, :1] * 0], 1)
        pairs = left * (ranks.max() + 1) + right[:, : left.size(1)]
        ranks = unique(pairs, return_inverse=True)[1]
    different, inverse, counts = unique(ranks.flatten(), return_inverse=True, return_counts=True)
    places = _core.zeros_like(different).scatter(0, inverse, _core.arange(count).to(input.device))
    values = input.index_select(dim, places)
    if not return_inverse and not return_counts:
        return values
    return (values, *([inverse] if return_inverse else []), *([counts] if return_counts else []))


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Grids of coordinates: output k has the values of vector k along axis k.

    indexing="xy" exchanges the first two axes.

    >>> x, y = nncore.meshgrid(nncore.arange(2), nncore.arange(3))
    >>> x.shape, y[0].tolist()
    ((2, 3), [0, 1, 2])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    arguments.tensors("meshgrid", **{f"tensors[{i}]": t for i, t in enumerate(tensors)})
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing is {indexing!r}; expected 'ij' or 'xy'")
    if not tensors or any(t.ndim > 1 for t in tensors):
        raise ValueError(f"meshgrid: expected vectors, got shapes {[t.shape for t in tensors]}")
    vectors = [t.reshape(-1) for t in tensors]
    axes = list(range(len(vectors)))
    if indexing == "xy" and len(axes) > 1:
        axes[:2] = 1, 0
    shape = [0] * len(axes)
    for axis, vector in zip(axes, vectors, strict=True):
        shape[axis] = len(vector)
    grids = []
    for axis, vector in zip(axes, vectors, strict=True):
        ones = [1] * len(axes)
        ones[axis] = -1
        grids.append(vector.reshape(ones).expand(shape))
    return tuple(grids)


@_takes_numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of all elements, or (values, indices) of the medians along dim.

    Of an even number of elements, it is the lower of the two in the middle. NaN if there is one. The elements
    that equal the median of all share its gradient; along dim, the element at the index gets it.
    Errors: IndexError for an axis without elements.

    >>> nncore.median(nncore.tensor([4.0, 1.0, 3.0, 2.0])).item()
    2.0
    """
    arguments.tensors("median", input=input)
    if dim is None:
        if not input.numel():
            return _core.full((), math.nan, dtype=input.dtype)
        middle = median(input.detach().flatten(), 0).values
        if not input.requires_grad:
            return middle
        equal = (input == middle) | _core.isnan(input)
        return _core.amax(_core.where(equal, input, -math.inf))
    dim = _axis("median", input, dim)
    if input.ndim == 0:
        return _core.max(input.reshape(1), 0)
    count = input.size(dim)
    if not count:
        raise IndexError(f"median: axis {dim} of shape {input.shape} has no elements")
    ordered = input.sort(dim)
    shape = list(input.shape)
    shape[dim] = 1
    index = _core.full(tuple(shape), (count - 1) // 2).to(input.device)
    if input.dtype.is_floating_point:  # NaN is sorted last
        last = ordered.values.detach().gather(dim, _core.full_like(index, count - 1))
        index = _core.where(_core.isnan(last), count - 1, index)
    found = [ordered.values.gather(dim, index), ordered.indices.gather(dim, index)]
    return type(ordered)(*(t if keepdim else t.squeeze(dim) for t in found))


@_takes_numpy_names
def quantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The q-quantiles of all elements, or along dim; the axis of a vector q comes first.

    Between two elements the quantile is interpolated: "linear", "lower", "higher", "nearest" or "midpoint".
    NaN if an element is NaN.
    Errors: ValueError if there are no elements, or if q is not between 0 and 1, which a compiled step does
    not check.

    >>> nncore.quantile(nncore.tensor([0.0, 1.0, 2.0]), 0.25).item()
    0.5
    """
    arguments.tensors("quantile", input=input)
    if input.dtype not in (_core.float32, _core.float64):
        raise TypeError(f"quantile: expected float32 or float64, got {input.dtype}; convert with .float()")
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"quantile: interpolation is {interpolation!r}; expected one of {INTERPOLATIONS}")
    if dim is not None:
        dim = _axis("quantile", input, dim)
    levels = (
        q if isinstance(q, Tensor) else _core.tensor(arguments.real("quantile", "q", q), dtype=input.dtype)
    )
    if levels.dtype != input.dtype or levels.ndim > 1:
        raise TypeError(
            f"quantile: q is {levels.dtype} of shape {levels.shape}; expected a number or a vector of "
            f"{input.dtype}"
        )
    _check_values("quantile", "levels q must be between 0 and 1", (levels >= 0) & (levels <= 1))
    rows = input.flatten() if dim is None else input.transpose(dim, -1) if input.ndim else input.reshape(1)
    count = rows.size(-1)
    if not count:
        raise ValueError(f"quantile: no elements along dim {dim} of shape {input.shape}")
    rows = rows.sort(-1).values
    place = levels.to(input.device).reshape(-1) * (count - 1)
    low, high = place.floor(), place.ceil()
    below, above = (rows.index_select(-1, i.long()) for i in (low, high))
    if interpolation in ("linear", "midpoint"):
        weight = place - low if interpolation == "linear" else (high - low) / 2
        result = _core.where(weight == 0, below, _core.lerp(below, above, weight))
    elif interpolation == "nearest":
        result = rows.index_select(-1, place.round().long())
    else:
        result = below if interpolation == "lower" else above
    last = rows[..., count - 1 :]
    result = _core.where(_core.isnan(last), last, result)
    if dim is None:
        result = result.reshape(-1, *([1] * input.ndim if keepdim else []))
    else:
        kept = result.unsqueeze(0).transpose(0, -1).squeeze(-1)  # the axis of q comes first
        result = kept.unsqueeze(-1).transpose(dim if dim < 0 else dim + 1, -1) if input.ndim else kept
        if not keepdim and input.ndim:
            result = result.squeeze(dim if dim < 0 else dim + 1)
    return result if levels.ndim else result.squeeze(0)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0) -> Tensor:
    """The p-norm of the difference of each row of x1 (..., P, M) and each row of x2 (..., R, M): (..., P, R).

    >>> nncore.cdist(nncore.zeros(1, 2), nncore.tensor([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[5.0, 0.0]]
    """
    arguments.tensors("cdist", x1=x1, x2=x2)
    if x1.ndim < 2 or x2.ndim < 2 or x1.size(-1) != x2.size(-1):
        raise ValueError(
            f"cdist: expected (..., P, M) and (..., R, M), got {x1.shape} and {x2.shape}; the last sizes "
            "must be equal"
        )
    arguments.real("cdist", "p", p)
    return _core.norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)


def normal(
    mean: float | Tensor,
    std: float | Tensor = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: dtype | None = None,
) -> Tensor:
    """Normal random numbers; each of mean and std is a number or a tensor, which broadcast.

    With two numbers, size gives the shape.
    Errors: ValueError if std is negative.

    >>> nncore.normal(nncore.zeros(3), 2.0).shape, nncore.normal(0.0, 1.0, (2, 2)).shape
    ((3,), (2, 2))
    """
    given = [t for t in (mean, std) if isinstance(t, Tensor)]
    if bool(given) == (size is not None):
        raise TypeError("normal: expected size with two numbers, and no size with a tensor")
    if size is not None:
        noise = _core.randn(*arguments.listed("normal", "size", size), generator=generator, dtype=dtype)
    else:
        shape = (given[0].detach() + given[-1].detach()).shape if len(given) > 1 else given[0].shape
        noise = _core.randn(*shape, generator=generator, dtype=dtype or given[0].dtype)
    _check_values("normal", "standard deviation must not be negative", std >= 0)
    scaled: Tensor = std * noise
    return mean + scaled


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: dtype | None = None,
) -> Tensor:
    """Uniform random integers from low to high - 1, or below low, in the shape and dtype of input.

    >>> nncore.randint_like(nncore.ones(2, 3), 10).shape
    (2, 3)
    """
    arguments.tensors("randint_like", input=input)
    low = _whole("randint_like", "low", low, -(2**63))
    high = None if high is None else _whole("randint_like", "high", high, -(2**63))
    least, end = (0, low) if high is None else (low, high)
    return _core.randint(least, end, input.shape, generator=generator, dtype=dtype or input.dtype)


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability of each element, else 0, in the dtype of input.

    Errors: ValueError for probabilities outside 0 to 1, which a compiled step does not check.

    >>> nncore.bernoulli(nncore.tensor([0.0, 1.0])).tolist()
    [0.0, 1.0]
    """
    p = _weights("bernoulli", input)
    _check_values("bernoulli", "probabilities must be between 0 and 1", (p >= 0) & (p <= 1))
    return (_core.rand_like(p, generator=generator) < p).to(p.dtype)


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers of the Poisson distribution, P(k) = r^k e^-r / k!, with the rate r of each element.

    Errors: ValueError for rates that are negative or not finite, which a compiled step does not check.
    Source: Hoermann 1993.

    >>> nncore.poisson(nncore.tensor([0.0, 0.0])).tolist()
    [0.0, 0.0]
    """
    rate = _weights("poisson", input)
    _check_values("poisson", "rates must be finite and not negative", (rate >= 0) & (rate < math.inf))
    return _core.draw_poisson(rate, generator)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with the weights of a vector (n,) or of each row of a matrix: (..., num_samples).

    The weights need not sum to 1. Without replacement, each index is drawn at most once.
    Errors: ValueError for more samples than weights without replacement, and for negative or infinite
    weights or a row of zeros, which a compiled step does not check.

    >>> nncore.multinomial(nncore.tensor([0.0, 3.0, 0.0]), 1).tolist()
    [1]
    """
    weights = _weights("multinomial", input)
    count = _whole("multinomial", "num_samples", num_samples, 1)
    if weights.ndim not in (1, 2) or not weights.size(-1):
        raise ValueError(f"multinomial: expected weights of shape (n,) or (rows, n), got {weights.shape}")
    n = weights.size(-1)
    valid = ((weights >= 0) & (weights < math.inf)).all(-1) & (weights.sum(-1) > 0)
    _check_values("multinomial", "weights must be finite and not negative, and their sum above 0", valid)
    if not replacement:
        if count > n:
            raise ValueError(f"multinomial: {count} samples of {n} weights need replacement=True")
        # the order in which exponential clocks of these rates ring
        waits = -_core.log1p(-_core.rand_like(weights, generator=generator)) / weights
        chosen: Tensor = waits.topk(count, -1, largest=False).indices
        return chosen
    ends = weights.double().cumsum(-1)
    drawn = _core.rand(*ends.shape[:-1], count, generator=generator, dtype=_core.float64) * ends[..., n - 1 :]
    # A stable sort puts each number after the ends that are not above it; their number is its index.
    order = _core.cat([ends, drawn], -1).argsort(-1)
    below = (order < n).long().cumsum(-1)
    found = _core.zeros_like(order).scatter(-1, order, below)[..., n:]
    return found.clamp(max=n - 1)


def _axis(where: str, input: Tensor, dim: object) -> int:
    """`dim` as an axis of `input`, counted from the front."""
    axes = max(input.ndim, 1)
    if isinstance(dim, (Tensor, np.ndarray, bool)) or not hasattr(dim, "__index__"):
        raise TypeError(f"{where}: dim must be an int, got {type(dim).__name__}")
    at = operator.index(dim)
    if not -axes <= at < axes:
        raise IndexError(f"{where}: dim {arguments.brief(at)} is out of range for {input.ndim} axes")
    return at % axes


def _whole(where: str, name: str, value: object, least: int = 0) -> int:
    if isinstance(value, (Tensor, np.ndarray)):
        raise TypeError(f"{where}: {name} must be an int, got {type(value).__name__}")
    return arguments.size(where, name, value, least)


def _check_values(where: str, rule: str, valid: Tensor | bool) -> None:
    if _core.capturing():  # a replay could not repeat the check
        return
    if not bool(valid.all() if isinstance(valid, Tensor) else valid):
        raise ValueError(f"{where}: the {rule}")


def _weights(where: str, input: Tensor) -> Tensor:
    arguments.tensors(where, input=input)
    if input.dtype not in (_core.float32, _core.float64):
        raise TypeError(f"{where}: expected float32 or float64, got {input.dtype}; convert with .float()")
    return input.detach()
