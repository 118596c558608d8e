"""The table of ops: the call, its meaning in float64 NumPy, and inputs at which it is defined and smooth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import nncore
from nncore import _core
from nncore import nn as nn
from op_case import Array, Case, Make, distinct, inputs


def _erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float64])(x))


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def _softplus(x: Array) -> Array:
    return np.asarray(np.logaddexp(0, x))


def _gelu(x: Array) -> Array:
    return np.asarray(0.5 * x * np.vectorize(math.erfc, otypes=[np.float64])(-x / math.sqrt(2)))


def _gelu_tanh(x: Array) -> Array:
    return np.asarray(x * _sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))  # (1 + tanh z) / 2


def _elu(x: Array, alpha: float = 1.0) -> Array:
    return np.asarray(np.where(x > 0, x, alpha * np.expm1(x)))


def _logit(x: Array) -> Array:
    return np.asarray(np.copysign(np.log1p(np.abs(1 - 2 * x) / np.minimum(x, 1 - x)), x - 0.5))


def _sinc(x: Array) -> Array:
    n = np.round(x)  # np.sinc rounds pi x, an error that is visible near integers
    r = x - n
    return np.asarray(np.sinc(r) * np.where(n == 0, 1, r / np.where(x == 0, 1, x)) * (1 - 2 * (n % 2)))


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946

UNARY: dict[str, tuple[Callable[..., Any], Make]] = {
    "neg": (np.negative, inputs(1, -3, 3)),
    "abs": (np.abs, inputs(1, -3, 3, 0.01)),
    "sign": (np.sign, inputs(1, -3, 3, 0.01)),
    "exp": (np.exp, inputs(1, -5, 5)),
    "exp2": (np.exp2, inputs(1, -5, 5)),
    "expm1": (np.expm1, inputs(1, -5, 5)),
    "log": (np.log, inputs(1, 0.3, 9)),
    "log1p": (np.log1p, inputs(1, -0.6, 9)),
    "log2": (np.log2, inputs(1, 0.3, 9)),
    "log10": (np.log10, inputs(1, 0.3, 9)),
    "logit": (_logit, inputs(1, 0.2, 0.8)),
    "sqrt": (np.sqrt, inputs(1, 0.3, 9)),
    "rsqrt": (lambda x: 1 / np.sqrt(x), inputs(1, 0.3, 9)),
    "reciprocal": (lambda x: 1 / x, inputs(1, 0.3, 9)),
    "square": (np.square, inputs(1, -3, 3)),
    "floor": (np.floor, inputs(1, -3, 3, 0.01)),
    "ceil": (np.ceil, inputs(1, -3, 3, 0.01)),
    "round": (np.round, inputs(1, -3, 3, 0.01)),
    "trunc": (np.trunc, inputs(1, -3, 3, 0.01)),
    "sin": (np.sin, inputs(1, -9, 9)),
    "cos": (np.cos, inputs(1, -9, 9)),
    "tan": (np.tan, inputs(1, -1.3, 1.3)),
    "asin": (np.arcsin, inputs(1, -0.9, 0.9)),
    "acos": (np.arccos, inputs(1, -0.9, 0.9)),
    "atan": (np.arctan, inputs(1, -4, 4)),
    "sinh": (np.sinh, inputs(1, -4, 4)),
    "cosh": (np.cosh, inputs(1, -4, 4)),
    "asinh": (np.arcsinh, inputs(1, -4, 4)),
    "acosh": (np.arccosh, inputs(1, 1.2, 9)),
    "atanh": (np.arctanh, inputs(1, -0.9, 0.9)),
    "sinc": (_sinc, inputs(1, -4, 4, 0.01)),
    "erf": (_erf, inputs(1, -3, 3)),
    "erfc": (np.vectorize(math.erfc, otypes=[np.float64]), inputs(1, -3, 3)),
    "tanh": (np.tanh, inputs(1, -4, 4)),
    "sigmoid": (_sigmoid, inputs(1, -6, 6)),
    "relu": (lambda x: np.maximum(x, 0), inputs(1, -3, 3, 0.01)),
    "relu6": (lambda x: np.clip(x, 0, 6), inputs(1, -3, 9, 0.01)),
    "leaky_relu": (lambda x: np.where(x > 0, x, 0.01 * x), inputs(1, -3, 3, 0.01)),
    "elu": (_elu, inputs(1, -3, 3, 0.01)),
    "selu": (lambda x: SELU_SCALE * _elu(x, SELU_ALPHA), inputs(1, -3, 3, 0.01)),
    "celu": (_elu, inputs(1, -3, 3, 0.01)),
    "gelu": (_gelu, inputs(1, -3, 3)),
    "gelu_tanh": (_gelu_tanh, inputs(1, -3, 3)),
    "silu": (lambda x: x * _sigmoid(x), inputs(1, -6, 6)),
    "mish": (lambda x: x * np.tanh(_softplus(x)), inputs(1, -6, 6)),
    "softplus": (_softplus, inputs(1, -6, 6)),
    "softsign": (lambda x: x / (1 + np.abs(x)), inputs(1, -6, 6, 0.01)),
    "tanhshrink": (
        lambda x: np.float64(np.longdouble(x) - np.tanh(np.longdouble(x))),
        inputs(1, -4, 4, 0.01),
    ),
    "logsigmoid": (lambda x: -_softplus(-x), inputs(1, -6, 6)),
    "hardtanh": (lambda x: np.clip(x, -1, 1), inputs(1, -3, 3, 0.01)),
    "hardsigmoid": (lambda x: np.clip(x / 6 + 0.5, 0, 1), inputs(1, -5, 5, 0.01)),
    "hardswish": (lambda x: x * np.clip(x + 3, 0, 6) / 6, inputs(1, -5, 5, 0.01)),
    "threshold": (lambda x: np.where(x > 0.5, x, -2.0), inputs(1, -3, 3, 0.01)),
    "hardshrink": (lambda x: np.where(np.abs(x) > 0.5, x, 0), inputs(1, -3, 3, 0.01)),
    "softshrink": (lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0), inputs(1, -3, 3, 0.01)),
    "add_scalar": (lambda x: x + 1.75, inputs(1, -3, 3)),
    "sub_scalar": (lambda x: x - 1.75, inputs(1, -3, 3)),
    "rsub_scalar": (lambda x: 1.75 - x, inputs(1, -3, 3)),
    "mul_scalar": (lambda x: x * 1.75, inputs(1, -3, 3)),
    "div_scalar": (lambda x: x / 1.75, inputs(1, -3, 3)),
    "rdiv_scalar": (lambda x: 1.75 / x, inputs(1, 0.3, 3)),
    "pow_scalar": (lambda x: x**1.75, inputs(1, 0.3, 3)),
    "rpow_scalar": (lambda x: 1.75**x, inputs(1, -3, 3)),
    "clamp": (lambda x: np.clip(x, -1.0, 1.5), inputs(1, -3, 3, 0.01)),
}

# For sums whose terms cancel: the magnitude to which the error is relative.
SIZES: dict[str, Callable[..., Any]] = {"hardsigmoid": lambda x: np.full(x.shape, 0.5)}

PYTHON: dict[str, Callable[..., Any]] = {
    "gelu_tanh": lambda x: nncore.gelu(x, approximate="tanh"),
    "threshold": lambda x: nncore.threshold(x, 0.5, -2.0),
    "add_scalar": lambda x: x + 1.75,
    "sub_scalar": lambda x: x - 1.75,
    "rsub_scalar": lambda x: 1.75 - x,
    "mul_scalar": lambda x: x * 1.75,
    "div_scalar": lambda x: x / 1.75,
    "rdiv_scalar": lambda x: 1.75 / x,
    "pow_scalar": lambda x: x**1.75,
    "rpow_scalar": lambda x: 1.75**x,
    "clamp": lambda x: nncore.clamp(x, -1.0, 1.5),
}


def _quotients(rng: np.random.Generator, shape: tuple[int, ...]) -> list[Array]:
    """Two arrays whose quotient has a magnitude between 1.1 and 1.9, away from the jumps at integers."""
    a, b = inputs(1, 1.1, 1.5)(rng, shape)[0], inputs(1, 0.8, 1)(rng, shape)[0]
    return [np.asarray(a * rng.choice([-1, 1], shape)), b]


BINARY: dict[str, tuple[Callable[..., Any], Make]] = {
    "add": (np.add, inputs(2, -3, 3)),
    "sub": (np.subtract, inputs(2, -3, 3)),
    "mul": (np.multiply, inputs(2, -3, 3)),
    "div": (np.divide, inputs(2, 0.3, 3)),
    "pow": (np.power, inputs(2, 0.3, 3)),
    "maximum": (np.maximum, inputs(2, -3, 3)),
    "minimum": (np.minimum, inputs(2, -3, 3)),
    "fmod": (np.fmod, _quotients),
    "remainder": (np.remainder, _quotients),
    "floor_divide": (np.floor_divide, _quotients),
    "atan2": (np.arctan2, inputs(2, 0.3, 3)),
    "logaddexp": (np.logaddexp, inputs(2, 0.3, 3)),
    "prelu": (lambda a, b: np.where(a > 0, a, b * a), inputs(2, -3, 3, 0.01)),
}

ULP = {op["name"]: float(op["ulp"]) for op in _core.elementwise_ops()}

# pairs of shapes that broadcast in all ways
BROADCAST = [
    ((5, 13), (13,)),
    ((5, 13), (5, 1)),
    ((5, 1), (1, 7)),
    ((3, 1, 4), (2, 1)),
    ((6,), ()),
    ((), (2, 3)),
    ((0, 3), (3,)),
    ((2, 1, 3, 1), (4, 1, 5)),
]


def of_shapes(*shapes: tuple[int, ...]) -> Make:
    """One array of each shape, uniform in (-1, 1)."""
    return lambda rng, _: [inputs(1, -1, 1)(rng, shape)[0] for shape in shapes]


def broadcast(make: Make, a: tuple[int, ...], b: tuple[int, ...]) -> Make:
    return lambda rng, _: [make(rng, a)[0], make(rng, b)[1]]


def _softmax(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _cross_entropy(x: Array, target: Array) -> Any:
    rows = np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
    lse = np.log(np.exp(rows - rows.max(1, keepdims=True)).sum(1)) + rows.max(1)
    return np.mean(lse - rows[np.arange(len(rows)), target.ravel()])


def _targets(shape: tuple[int, ...], classes: int) -> Array:
    return np.random.default_rng(1).integers(0, classes, shape)


def _ce_case(name: str, shape: tuple[int, ...]) -> Case:
    target = _targets((shape[0], *shape[2:]), shape[1])
    return Case(
        name,
        lambda x: nncore.cross_entropy(x, nncore.tensor(target)),
        lambda x: _cross_entropy(x, target),
        inputs(1, -4, 4),
        [shape],
        ulp=8,
    )


_ROWS = np.array([3, 0, 3, -1, 2])
_MASK = np.arange(12).reshape(3, 4) % 3 == 0


def near_places(n: int) -> Make:
    """Numbers near multiples of 10^-n, away from the midpoints between them."""
    return lambda rng, shape: [
        np.asarray((rng.integers(-40, 40, shape) + rng.uniform(-0.3, 0.3, shape)) / 10.0**n)
    ]


CASES: list[Case] = [
    *(
        Case(
            name,
            PYTHON[name] if name in PYTHON else getattr(nncore, name),
            truth,
            make,
            ulp=ULP[name] + 1,
            size=SIZES.get(name),
        )  # + 1: constants are rounded
        for name, (truth, make) in UNARY.items()
    ),
    *(
        Case(name, getattr(nncore, name), truth, make, ulp=max(ULP[name], 0.5))
        for name, (truth, make) in BINARY.items()
        if name != "prelu"  # has its own rows, because its weight belongs to channels
    ),
    *(
        Case(f"{name} {a}{b}", getattr(nncore, name), truth, broadcast(make, a, b), [()], max(ULP[name], 0.5))
        for name, (truth, make) in BINARY.items()
        if name != "prelu"
        for a, b in BROADCAST
    ),
    *(
        Case(
            f"{name} {shape} dim={dim} keepdim={keep}",
            lambda x, name=name, dim=dim, keep=keep: getattr(x, name)(dim, keep),
            lambda x, name=name, dim=dim, keep=keep: getattr(np, name)(x, axis=dim, keepdims=keep),
            inputs(1, 0.5, 3),
            [shape],
            ulp=64,
        )
        for name in ("sum", "mean")
        for shape, dim in [
            ((), None),
            ((1,), None),
            ((5, 7), None),
            ((5, 7), 0),
            ((5, 7), -1),
            ((0, 3), 1),
            ((3, 5, 2, 4), (0, 2)),
            ((3, 5, 2, 4), (1, 2)),
            ((3, 5, 2, 4), (1, 3)),
            ((3, 300, 70), 1),
            ((9001,), 0),
            ((2, 9001), 1),
        ]
        for keep in (False, True)
    ),
    Case("sum of nothing", lambda x: x.sum(0), lambda x: x.sum(0), inputs(1, -1, 1), [(0, 3), (3, 0), (0,)]),
    *(
        Case(
            f"{name} dim={dim}",
            lambda x, name=name, dim=dim: getattr(x, name)(dim).values,
            lambda x, name=name, dim=dim: getattr(np, name)(x, axis=dim),
            distinct,
            [(5, 7), (3, 4, 5), (1, 1), *([(0, 3)] if dim else [])],
            ulp=0.5,
        )
        for name in ("max", "min")
        for dim in (0, 1, -1)
    ),
    Case("max of all", lambda x: x.max(), np.max, distinct, [(5, 7), (1,), (9001,)], ulp=0.5),
    Case("min of all", lambda x: x.min(), np.min, distinct, [(5, 7), (1,), (9001,)], ulp=0.5),
    Case("reshape", lambda x: x.reshape(-1, 6), lambda x: x.reshape(-1, 6), inputs(1, -3, 3), [(3, 4), (6,)]),
    Case(
        "reshape of nothing", lambda x: x.reshape(2, 0), lambda x: x.reshape(2, 0), inputs(1, -3, 3), [(0, 5)]
    ),
    Case(
        "flatten",
        lambda x: x.flatten(1),
        lambda x: x.reshape(len(x), -1),
        inputs(1, -3, 3),
        [(3, 4, 5), (1, 1, 1)],
    ),
    Case(
        "squeeze of axes",
        lambda x: x.squeeze((1, -1)),
        lambda x: x.squeeze(1),
        inputs(1, -3, 3),
        [(3, 1, 5), (0, 1, 2)],
    ),
    Case("squeeze", lambda x: x.squeeze(1), lambda x: x.squeeze(1), inputs(1, -3, 3), [(3, 1, 5), (0, 1, 2)]),
    Case(
        "unsqueeze",
        lambda x: x.unsqueeze(-2),
        lambda x: x[..., None, :],
        inputs(1, -3, 3),
        [(3, 5), (4,), (0, 5), (1, 1)],
    ),
    Case(
        "transpose",
        lambda x: x.transpose(0, -1),
        lambda x: x.swapaxes(0, -1),
        inputs(1, -3, 3),
        [(3, 5), (2, 3, 4), (37, 53), (0, 4), (1, 1)],
    ),
    Case("T", lambda x: x.T, lambda x: x.T, inputs(1, -3, 3), [(3, 5), (1, 9), (130, 67), (0, 4)]),
    Case(
        "permute",
        lambda x: x.permute(2, 0, 1),
        lambda x: x.transpose(2, 0, 1),
        inputs(1, -3, 3),
        [(2, 3, 4), (1, 5, 1), (0, 3, 1)],
    ),
    Case(
        "expand",
        lambda x: x.expand(4, -1, 3),
        lambda x: np.broadcast_to(x, (4, x.shape[0], 3)),
        inputs(1, -3, 3),
        [(2, 1), (2, 3), (0, 1)],
    ),
    Case(
        "cat",
        lambda a, b: nncore.cat([a, b, a], 1),
        lambda a, b: np.concatenate([a, b, a], 1),
        inputs(2, -3, 3),
        [(2, 3), (0, 2), (2, 1, 3)],
    ),
    Case(
        "stack",
        lambda a, b: nncore.stack([a, b], 1),
        lambda a, b: np.stack([a, b], 1),
        inputs(2, -3, 3),
        [(2, 3), (4,), (0, 3), (1, 1)],
    ),
    Case("slice", lambda x: x[1:, ::2], lambda x: x[1:, ::2], inputs(1, -3, 3), [(4, 5), (1, 1), (0, 3)]),
    Case(
        "new axis",
        lambda x: x[1:, None, -1],
        lambda x: x[1:, None, -1],
        inputs(1, -3, 3),
        [(4, 5), (1, 3), (3, 1)],
    ),
    Case("index", lambda x: x[..., 0], lambda x: x[..., 0], inputs(1, -3, 3), [(4, 5), (3,), (0, 2), (1, 1)]),
    Case(
        "rows",
        lambda x: x[nncore.tensor(_ROWS)],
        lambda x: x[_ROWS],
        inputs(1, -3, 3),
        [(4,), (4, 3), (4, 2, 5)],
    ),
    Case("clone", lambda x: x.clone(), np.copy, inputs(1, -3, 3)),
    Case(
        "where",
        lambda a, b: nncore.where(nncore.tensor(_MASK), a, b),
        lambda a, b: np.where(_MASK, a, b),
        inputs(2, -3, 3),
        [(3, 4), (4,), ()],
    ),
    *(
        Case(
            f"matmul {a}@{b}",
            lambda x, y: x @ y,
            np.matmul,
            of_shapes(a, b),
            [()],
            ulp=4,
            size=lambda x, y: np.abs(x) @ np.abs(y),
        )
        for a, b in [
            ((3, 5), (5, 4)),
            ((1, 1), (1, 1)),
            ((0, 5), (5, 4)),
            ((3, 0), (0, 4)),
            ((5,), (5,)),
            ((3, 5), (5,)),
            ((5,), (5, 4)),
            ((2, 3, 5), (5, 4)),
            ((2, 3, 5), (2, 5, 4)),
            ((7, 1, 3, 5), (2, 5, 4)),
            ((17, 33), (33, 65)),
            ((64, 64), (64, 64)),
        ]
    ),
    *(
        Case(
            f"linear {activation or 'alone'} {m}x{n}x{k}",
            lambda x, w, b, activation=activation: _core.linear(x, w, b, activation),
            lambda x, w, b, activation=activation: UNARY[activation or "pos"][0](x @ w.T + b),
            of_shapes((m, k), (n, k), (n,)),
            [()],
            ulp=8,
            size=lambda x, w, b: np.abs(x) @ np.abs(w).T + np.abs(b),
        )
        for activation in ("", "sigmoid", "tanh", "gelu", "silu", "mish")
        for m, n, k in [(4, 3, 5), (1, 1, 1), (0, 3, 5), (10, 30, 84)]
    ),
    *(
        Case(
            f"{name} dim={dim}",
            lambda x, f=f, dim=dim: f(x, dim),
            lambda x, log=log, dim=dim: (np.log if log else np.asarray)(_softmax(x, dim)),
            inputs(1, -4, 4),
            [(5, 7), (3, 4, 37), (2, 1), *([(0, 3)] if dim else [])],
            ulp=6,
            size=lambda x: np.full(x.shape, 4.0),
        )
        for name, f, log in (("softmax", nncore.softmax, False), ("log_softmax", nncore.log_softmax, True))
        for dim in (0, 1, -1)
    ),
    _ce_case("cross_entropy", (6, 10)),
    _ce_case("cross_entropy one row", (1, 1)),
    _ce_case("cross_entropy of images", (3, 5, 4, 2)),
    *(
        Case(
            f"{name} with alpha",
            lambda a, b, f=f: f(a, b, alpha=0.75),
            lambda a, b, sign=sign: a + sign * 0.75 * b,
            inputs(2, -3, 3),
            size=lambda a, b: np.abs(a) + np.abs(b),
        )
        for name, f, sign in (("add", nncore.add, 1), ("sub", nncore.sub, -1))
    ),
    *(
        Case(
            f"div {mode}",
            lambda a, b, mode=mode: a.div(b, rounding_mode=mode),
            lambda a, b, whole=whole: whole(a / b),
            lambda rng, shape: [np.asarray(rng.integers(-9, 9, shape) + 0.5), np.full(shape, 1.0)],
        )
        for mode, whole in (("trunc", np.trunc), ("floor", np.floor))
    ),
    *(
        Case(
            f"round to {n} places",
            lambda x, n=n: nncore.round(x, decimals=n),
            lambda x, n=n: np.round(x, n),
            near_places(n),
        )
        for n in (1, -2)
    ),
    Case(
        "mse mean",
        nncore.mse_loss,
        lambda a, b: np.mean((a - b) ** 2),
        inputs(2, -3, 3),
        [(5, 7), (1,), (9001,)],
        ulp=8,
    ),
    Case(
        "mse sum",
        lambda a, b: nncore.mse_loss(a, b, reduction="sum"),
        lambda a, b: np.sum((a - b) ** 2),
        inputs(2, -3, 3),
        [(5, 7), (0,)],
        ulp=8,
    ),
    Case(
        "mse none",
        lambda a, b: nncore.mse_loss(a, b, reduction="none"),
        lambda a, b: (a - b) ** 2,
        inputs(2, -3, 3),
        [(5, 7)],
        ulp=2,
    ),
]
UNARY["pos"] = (np.positive, inputs(1, -1, 1))
