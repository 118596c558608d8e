"""Activations against the formulas of their papers in float64, gradients and errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn
from nncore.nn import functional as F
from op_table import UNARY

Array = np.ndarray[Any, np.dtype[np.float64]]


def each(f: Callable[[float], float]) -> Callable[[Array], Array]:
    return lambda x: np.array([f(float(v)) for v in x.ravel()]).reshape(x.shape)


def sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def softmax(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


Row = tuple[nn.Module, Callable[[Any], Any], Callable[[Array], Array], str]


def derived() -> Iterator[tuple[str, Row]]:
    """The modules of `nn.activation` with default settings, from the list of formulas."""
    for op in _core.elementwise_ops():
        if op.get("layer") and op["name"] != "threshold":
            shown = [f"{name}={value}" if named else f"{value}" for name, value, named in op["scalars"]]
            text = f"{op['layer']}({', '.join(shown)})"
            yield (
                op["layer"],
                (getattr(nn, op["layer"])(), getattr(F, op["name"]), UNARY[op["name"]][0], text),
            )


# name: module, function of PyTorch's name, formula, printed form
CASES: dict[str, Row] = {
    **dict(derived()),
    "GELU": (
        nn.GELU(),
        F.gelu,
        each(lambda v: v * 0.5 * math.erfc(-v / math.sqrt(2))),
        "GELU(approximate='none')",
    ),
    "GELU tanh": (
        nn.GELU("tanh"),
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        "GELU(approximate='tanh')",
    ),
    "LeakyReLU .3": (
        nn.LeakyReLU(0.3),
        lambda x: F.leaky_relu(x, 0.3),
        lambda x: np.where(x > 0, x, 0.3 * x),
        "LeakyReLU(negative_slope=0.3)",
    ),
    "ELU 2": (
        nn.ELU(2),
        lambda x: F.elu(x, alpha=2.0),
        lambda x: np.where(x > 0, x, 2 * np.expm1(np.minimum(x, 0))),
        "ELU(alpha=2.0)",
    ),
    "CELU 2": (
        nn.CELU(2.0),
        lambda x: F.celu(x, alpha=2.0),
        lambda x: np.where(x > 0, x, 2 * np.expm1(np.minimum(x, 0) / 2)),
        "CELU(alpha=2.0)",
    ),
    "Softplus 2 3": (
        nn.Softplus(2, 3),
        lambda x: F.softplus(x, beta=2.0, threshold=3.0),
        lambda x: np.where(2 * x > 3, x, np.logaddexp(0, 2 * x) / 2),
        "Softplus(beta=2.0, threshold=3.0)",
    ),
    "Hardtanh -2 .5": (
        nn.Hardtanh(-2, 0.5),
        lambda x: F.hardtanh(x, -2.0, 0.5),
        lambda x: np.clip(x, -2, 0.5),
        "Hardtanh(min_val=-2.0, max_val=0.5)",
    ),
    "Threshold": (
        nn.Threshold(0.1, 20),
        lambda x: F.threshold(x, 0.1, 20.0),
        lambda x: np.where(x > 0.1, x, 20),
        "Threshold(threshold=0.1, value=20.0)",
    ),
    "Softmax": (nn.Softmax(1), lambda x: F.softmax(x, dim=1), lambda x: softmax(x, 1), "Softmax(dim=1)"),
    "Softmax -3": (nn.Softmax(-3), lambda x: F.softmax(x, -3), lambda x: softmax(x, 0), "Softmax(dim=-3)"),
    "Softmin": (nn.Softmin(-1), lambda x: F.softmax(-x, -1), lambda x: softmax(-x, -1), "Softmin(dim=-1)"),
    "LogSoftmax": (
        nn.LogSoftmax(-1),
        lambda x: F.log_softmax(x, dim=-1),
        lambda x: np.log(softmax(x, -1)),
        "LogSoftmax(dim=-1)",
    ),
}  # fmt: skip

# Farther from each kink than the step of the numerical derivative.
X = np.random.default_rng(0).uniform(-4, 4, size=(3, 4, 5)) + 1e-3
KINKS = (0, 0.1, 0.5, 1, -1, 1.5, -2, 3, -3, 6)
X[np.any([np.abs(X - kink) < 1e-4 for kink in KINKS], axis=0)] = 0.7


@pytest.mark.parametrize("name", CASES)
def test_module_and_function_follow_the_formula(name: str) -> None:
    module, function, formula, _ = CASES[name]
    x = nncore.tensor(X)
    np.testing.assert_allclose(module(x).numpy(), formula(X), rtol=2e-14, atol=1e-15)
    assert module(x).tolist() == function(x).tolist()
    single = module(x.float())
    assert single.dtype == nncore.float32
    np.testing.assert_allclose(
        single.numpy(), formula(X.astype(np.float32).astype(np.float64)), rtol=3e-6, atol=1e-6
    )


@pytest.mark.parametrize("name", CASES)
def test_gradient_is_the_numerical_derivative(name: str, rng: np.random.Generator) -> None:
    module, _, formula, _ = CASES[name]
    x, direction, weight = (
        nncore.tensor(X, requires_grad=True),
        rng.normal(size=X.shape),
        rng.normal(size=X.shape),
    )
    (module(x) * nncore.tensor(weight)).sum().backward()
    assert x.grad is not None
    step = 1e-6
    slope = (weight * (formula(X + step * direction) - formula(X - step * direction))).sum() / (2 * step)
    assert (x.grad.numpy() * direction).sum() == pytest.approx(slope, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_extremes_stay_numbers(name: str) -> None:
    module, _, _, _ = CASES[name]
    x = nncore.tensor([[[-1e30, -100.0, -0.0, 0.0, 100.0, 1e30]]], requires_grad=True)
    y = module(x)
    y.sum().backward()
    assert x.grad is not None
    assert not np.isnan(y.detach().numpy()).any()
    assert not np.isnan(x.grad.numpy()).any()


@pytest.mark.parametrize("name", CASES)
def test_printed_form_is_pytorchs(name: str) -> None:
    module, _, _, text = CASES[name]
    assert repr(module) == text


def test_every_activation_is_in_the_table() -> None:
    listed = {*nn.activation.__all__, *nn.elementwise.__all__, *nn.softmax.__all__}
    assert listed == {type(module).__name__ for module, *_ in CASES.values()} | {"GLU", "Maxout", "PReLU"}


def test_activations_with_parameters_or_along_an_axis(rng: np.random.Generator) -> None:
    x = nncore.tensor(X[0].astype(np.float32))
    assert nn.GLU(0)(x).tolist() == F.glu(x, 0).tolist()
    assert nn.Maxout(2, 0)(x).tolist() == X[0].astype(np.float32).reshape(2, 2, 5).max(1).tolist()
    layer = nn.PReLU(5, 0.5)
    assert layer(x).tolist() == F.prelu(x, nncore.full((5,), 0.5)).tolist()
    assert layer.double().state_dict()["weight"].tolist() == [0.5] * 5
    assert [repr(m) for m in (nn.GLU(), nn.PReLU(), nn.Maxout(3))] == [
        "GLU(dim=-1)",
        "PReLU(num_parameters=1)",
        "Maxout(3, dim=-1)",
    ]


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.GELU("erf"), ValueError, "GELU: approximate must be 'none' or 'tanh', got 'erf'"),  # type: ignore[arg-type]
    (lambda: nn.LeakyReLU(math.nan), ValueError, "LeakyReLU: negative_slope must be finite, got nan"),
    (lambda: nn.LeakyReLU("a"), TypeError, "LeakyReLU: negative_slope must be a number, got 'a'"),  # type: ignore[arg-type]
    (lambda: nn.CELU(0), ValueError, "CELU: alpha must not be 0; relu is the limit, got alpha=0"),
    (lambda: F.celu(nncore.ones(1), 0), ValueError, "celu: alpha must not be 0"),
    (lambda: F.hardtanh(nncore.ones(1), 2, 1), ValueError, "hardtanh: min_val must be below max_val"),
    (lambda: nn.Softplus(0), ValueError, "Softplus: beta must be above 0, got beta=0"),
    (lambda: nn.Softplus(-1.0), ValueError, "Softplus: beta must be"),
    (
        lambda: nn.Hardtanh(1, 1),
        ValueError,
        "Hardtanh: min_val must be below max_val, got min_val=1, max_val=1",
    ),
    (lambda: nn.Threshold(math.inf, 0), ValueError, "Threshold: threshold must be finite, got inf"),
    (lambda: nn.Softmax(1.0), TypeError, "Softmax: dim must be an int, got 1.0"),  # type: ignore[arg-type]
    (lambda: nn.Softmax(2)(nncore.zeros(3, 4)), IndexError, "softmax"),
    (lambda: nn.LogSoftmax(-3)(nncore.zeros(3, 4)), IndexError, "log_softmax"),
    (lambda: nn.ReLU()([1.0]), TypeError, "relu"),
    (lambda: nn.GLU(1)(nncore.zeros(2, 3)), ValueError, "even size"),
    (
        lambda: nn.Maxout(2, 1)(nncore.zeros(2, 3)),
        ValueError,
        r"axis 1 of \(2, 3\) does not divide into pieces of 2",
    ),
    (lambda: nn.Maxout(0), ValueError, "pieces must be at least 1"),
    (lambda: F.maxout(nncore.zeros(2, 3), 1, 2), IndexError, "dim 2 is out of range"),
    (lambda: nn.PReLU(4)(nncore.zeros(2, 3)), ValueError, "4"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
