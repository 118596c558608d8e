"""Linear, Identity, Flatten and Unflatten."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn


@pytest.mark.parametrize("shape", [(7, 3), (3,), (2, 4, 3), (0, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_the_affine_map(shape: tuple[int, ...], bias: bool, rng: np.random.Generator) -> None:
    layer = nn.Linear(3, 5, bias=bias, dtype=nncore.float64)
    x, weight = rng.normal(size=shape), layer.weight.detach().numpy()
    expected = x @ weight.T + (layer.bias.detach().numpy() if layer.bias is not None else 0)
    np.testing.assert_allclose(layer(nncore.tensor(x)).detach().numpy(), expected, rtol=1e-13, atol=1e-15)


def test_linear_gradients(rng: np.random.Generator) -> None:
    layer = nn.Linear(3, 5, dtype=nncore.float64)
    x = nncore.tensor(rng.normal(size=(2, 4, 3)), requires_grad=True)
    d = rng.normal(size=(2, 4, 5))
    layer(x).backward(nncore.tensor(d))
    assert x.grad is not None
    assert layer.weight.grad is not None
    assert layer.bias is not None
    assert layer.bias.grad is not None
    rows, d_rows = x.detach().numpy().reshape(8, 3), d.reshape(8, 5)
    np.testing.assert_allclose(x.grad.numpy(), d @ layer.weight.detach().numpy(), rtol=1e-13)
    np.testing.assert_allclose(layer.weight.grad.numpy(), d_rows.T @ rows, rtol=1e-12)
    np.testing.assert_allclose(layer.bias.grad.numpy(), d_rows.sum(axis=0), rtol=1e-12)


def test_linear_starts_uniform_within_the_bound_and_repeats_with_the_seed() -> None:
    def weights() -> tuple[Any, Any]:
        nncore.manual_seed(3)
        layer = nn.Linear(64, 200)
        assert layer.bias is not None
        return layer.weight.detach().numpy(), layer.bias.detach().numpy()

    weight, bias = weights()
    for values in (weight, bias):
        assert 0.97 / 8 < np.abs(values).max() <= 1 / 8
        assert abs(values.mean()) < 4 / 8 / math.sqrt(3 * values.size)
    assert weight.std() == pytest.approx(1 / 8 / math.sqrt(3), rel=0.02)
    assert all(np.array_equal(a, b) for a, b in zip((weight, bias), weights(), strict=True))


def test_linear_without_inputs_or_outputs() -> None:
    assert nn.Linear(0, 3)(nncore.zeros(2, 0)).shape == (2, 3)
    assert nn.Linear(3, 0)(nncore.zeros(2, 3)).shape == (2, 0)


def test_numpy_sizes_are_taken() -> None:
    assert nn.Linear(np.int64(3), np.int32(2)).weight.shape == (2, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end", "shape"),
    [(1, -1, (2, 60)), (0, -1, (120,)), (1, 2, (2, 12, 5)), (-2, -1, (2, 3, 20)), (2, 2, (2, 3, 4, 5))],
)
def test_flatten(start: int, end: int, shape: tuple[int, ...]) -> None:
    x = nncore.arange(120).reshape(2, 3, 4, 5)
    assert nn.Flatten(start, end)(x).shape == shape
    assert nn.Flatten(start, end)(x).reshape(120).tolist() == list(range(120))


@pytest.mark.parametrize(
    ("dim", "size", "shape"),
    [
        (1, (2, 3), (5, 2, 3, 4)),
        (-1, (2, -1), (5, 6, 2, 2)),
        (0, (-1,), (5, 6, 4)),
        (0, (5, 1), (5, 1, 6, 4)),
    ],
)
def test_unflatten(dim: int, size: tuple[int, ...], shape: tuple[int, ...]) -> None:
    assert nn.Unflatten(dim, size)(nncore.zeros(5, 6, 4)).shape == shape


def test_unflatten_of_an_empty_axis() -> None:
    assert nn.Unflatten(1, (3, -1))(nncore.zeros(2, 0)).shape == (2, 3, 0)
    assert nn.Unflatten(1, (0, 7))(nncore.zeros(2, 0)).shape == (2, 0, 7)


def test_printed_forms() -> None:
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
    assert repr(nn.Unflatten(1, [2, 3])) == "Unflatten(dim=1, unflattened_size=(2, 3))"
    assert repr(nn.Identity(3, any=4)) == "Identity()"


X = nncore.zeros(2, 6)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.Linear(-1, 2), ValueError, "Linear: in_features must be at least 0, got -1"),
    (lambda: nn.Linear(2, -3), ValueError, "Linear: out_features must be at least 0, got -3"),
    (lambda: nn.Linear(2.0, 2), TypeError, r"Linear: in_features must be an int, got 2.0 \(float\)"),  # type: ignore[arg-type]
    (lambda: nn.Linear(2, True), TypeError, r"Linear: out_features must be an int, got True \(bool\)"),
    (lambda: nn.Linear("2", 2), TypeError, r"Linear: in_features must be an int, got '2' \(str\)"),  # type: ignore[arg-type]
    (lambda: nn.Linear(2**40, 2**40), ValueError, "more elements than memory can hold"),
    (lambda: nn.Linear(2**22, 2**22), MemoryError, "alloc|memory"),
    (lambda: nn.Linear(2, 2, dtype=nncore.int64), TypeError, "int64"),
    (lambda: nn.Linear(3, 2)(X), ValueError, r"linear: input \(2, 6\) has 6 features but weight \(2, 3\)"),
    (lambda: nn.Linear(6, 2)(X.double()), TypeError, "float64"),
    (lambda: nn.Unflatten(2, (1, 1))(X), IndexError, r"dim 2 is out of range for an input of shape \(2, 6\)"),
    (lambda: nn.Unflatten(1, (4, -1))(X), ValueError, r"axis of size 6 cannot be split into \(4, -1\)"),
    (lambda: nn.Unflatten(1, (2, 2))(X), ValueError, "cannot be split"),
    (lambda: nn.Unflatten(1, (-1, -1))(X), ValueError, "cannot be split"),
    (lambda: nn.Unflatten(1, ()), ValueError, "must not be empty"),
    (lambda: nn.Unflatten(1, (2, -3)), ValueError, "unflattened_size must be at least -1, got -3"),
    (lambda: nn.Unflatten(1, (2.0, 3)), TypeError, "unflattened_size must be an int"),  # type: ignore[arg-type]
    (lambda: nn.Flatten(3)(X), IndexError, "3"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
