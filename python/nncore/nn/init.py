"""Initialization in place, with PyTorch's names and formulas; each function returns its tensor.

Source: Glorot and Bengio 2010 (xavier), He et al. 2015 (kaiming), Saxe et al. 2014 (orthogonal), Martens 2010
(sparse).

>>> weight = nncore.empty(3, 4)
>>> nn.init.constant_(weight, 0.5).tolist()[0]
[0.5, 0.5, 0.5, 0.5]
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from nncore import _core
from nncore._core import Generator, Tensor
from nncore.errors import absent
from nncore.errors.arguments import number, tensors

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

FanMode = Literal["fan_in", "fan_out"]


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that the weights before a nonlinearity need to keep the variance of the signal.

    1 for linear, convolutions and sigmoid; 5/3 for tanh; sqrt(2) for relu; sqrt(2 / (1 + slope²)) for
    leaky_relu with slope `param` (0.01 if None); 3/4 for selu.

    Errors: ValueError for another name.

    >>> nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    gains = {"sigmoid": 1.0, "tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    for kind in ("linear", *(f"conv{transpose}{n}d" for transpose in ("", "_transpose") for n in (1, 2, 3))):
        gains[kind] = 1.0
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}; known: leaky_relu, {', '.join(gains)}")
    return gains[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from U(a, b), b excluded. Errors: ValueError unless a <= b and both are finite."""
    _core.uniform_(tensor, a, b, generator)
    return tensor


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill from N(mean, std²).

    Errors: ValueError for a negative std, and for a mean or std that is not finite.
    """
    _core.normal_(tensor, mean, std, generator)
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with `val`. Errors: ValueError for a finite number that the tensor's dtype cannot hold."""
    _core.assign_(tensor, val)
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity; the remaining rows or columns are 0."""
    tensors("eye_", tensor=tensor)
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _assign(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from U(-a, a), a = gain * sqrt(6 / (fan_in + fan_out))."""
    bound = math.sqrt(3.0) * _xavier_std("xavier_uniform_", tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from N(0, std²), std = gain * sqrt(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, _xavier_std("xavier_normal_", tensor, gain), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: FanMode = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from U(-b, b), b = gain * sqrt(3 / fan); `a` is the slope of a leaky_relu that follows."""
    bound = math.sqrt(3.0) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: FanMode = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from N(0, std²), std = gain / sqrt(fan); `a` is the slope of a leaky_relu that follows."""
    return normal_(tensor, 0.0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill from N(mean, std²) restricted to [a, b], by the inverse of the distribution function.

    Errors: ValueError unless a < b, std > 0 and all are finite.
    """
    tensors("trunc_normal_", tensor=tensor)
    given = {"mean": mean, "std": std, "a": a, "b": b}
    mean, std, a, b = (number("trunc_normal_", name, value) for name, value in given.items())
    if not (a < b and std > 0):
        raise ValueError(f"trunc_normal_: needs a < b and std > 0, got a={a:g}, b={b:g}, std={std:g}")
    low, high = (math.erf((end - mean) / (std * math.sqrt(2.0))) for end in (a, b))
    values = _erfinv(_drawn(tensor.shape, low, high, generator))
    return _assign(tensor, np.clip(mean + std * math.sqrt(2.0) * values, a, b))


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with `gain` times a random matrix of orthonormal rows or columns.

    Axes after the first count as one. Errors: ValueError for fewer than 2 axes.

    >>> w = nn.init.orthogonal_(nncore.empty(2, 3)).numpy()
    >>> bool(np.allclose(w @ w.T, np.eye(2), atol=1e-6))
    True
    """
    tensors("orthogonal_", tensor=tensor)
    gain = number("orthogonal_", "gain", gain)
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    normal = normal_(
        _core.empty(max(rows, columns), min(rows, columns), dtype=_core.float64), generator=generator
    )
    q = _orthonormal(normal.transpose(0, 1)).numpy()
    return _assign(tensor, gain * (q.T if rows >= columns else q).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill a matrix from N(0, std²) and set ceil(sparsity * rows) random entries of each column to 0.

    Errors: ValueError for other than 2 axes and for a sparsity outside [0, 1].
    """
    tensors("sparse_", tensor=tensor)
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    sparsity = number("sparse_", "sparsity", sparsity, 0.0, 1.0)
    rank = _drawn(tensor.shape, 0.0, 1.0, generator).argsort(axis=0).argsort(axis=0)
    values = normal_(_core.empty(*tensor.shape, dtype=_core.float64), 0.0, std, generator).numpy()
    return _assign(tensor, np.where(rank < math.ceil(sparsity * tensor.shape[0]), 0.0, values))


def _orthonormal(rows: Tensor) -> Tensor:
    """The rows made orthonormal, in order, so that the result of random rows is uniform (Mezzadri 2007).

    Gram-Schmidt, twice per row, in blocks. LAPACK is not used: its bits depend on the number of threads.
    """

    def without(x: Tensor, basis: Tensor) -> Tensor:
        for _ in range(2):
            x = x - (x @ basis.transpose(0, 1)) @ basis
        return x

    done: list[Tensor] = []
    for block in rows.split(32):
        own: list[Tensor] = []
        for row in (without(block, _core.cat(done)) if done else block).split(1):
            row = without(row, _core.cat(own)) if own else row
            own.append(row / row.norm())
        done.append(_core.cat(own))
    return _core.cat(done)


def _assign(tensor: Tensor, values: np.ndarray) -> Tensor:
    _core.assign_(tensor, _core.tensor(np.ascontiguousarray(values), dtype=tensor.dtype))
    return tensor


def _drawn(shape: tuple[int, ...], low: float, high: float, generator: Generator | None) -> np.ndarray:
    values: np.ndarray = uniform_(_core.empty(*shape, dtype=_core.float64), low, high, generator).numpy()
    return values


def _fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out): the number of inputs of one output, and of outputs of one input."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _xavier_std(where: str, tensor: Tensor, gain: float) -> float:
    tensors(where, tensor=tensor)
    gain = number(where, "gain", gain, 0.0)
    fans = sum(_fans(tensor))
    return gain * math.sqrt(2.0 / fans) if fans else 0.0


def _kaiming_std(where: str, tensor: Tensor, a: float, mode: FanMode, nonlinearity: str) -> float:
    tensors(where, tensor=tensor)
    a = number(where, "a", a)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = _fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan) if fan else 0.0


def _erfinv(x: np.ndarray) -> np.ndarray:
    """The inverse error function, to 4e-7. Source: Giles 2012, the single-precision form."""
    x = np.clip(x, -1 + 2.0**-24, 1 - 2.0**-24)
    w = -np.log((1 - x) * (1 + x))
    middle = np.polyval(
        [2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
         -0.00417768164, 0.246640727, 1.50140941],
        w - 2.5,
    )  # fmt: skip
    tail = np.polyval(
        [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
         0.00943887047, 1.00167406, 2.83297682],
        np.sqrt(np.maximum(w, 5.0)) - 3,
    )  # fmt: skip
    return x * np.where(w < 5, middle, tail)


absent.answer_in(globals())
