"""Gradient clipping, and parameters as one vector."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn.utils import clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters


def parameters(scale: float = 1.0) -> list[nn.Parameter]:
    """Three parameters with gradients, one without."""
    rng = np.random.default_rng(0)
    params = [nn.Parameter(nncore.zeros(*shape, dtype=nncore.float64)) for shape in ((3, 4), (5,), (2,), ())]
    for param in (params[0], params[1], params[3]):
        param.grad = nncore.tensor(np.asarray(scale * rng.normal(size=param.shape)))
    return params


def gradient(params: list[nn.Parameter]) -> Any:
    return np.concatenate([p.grad.numpy().ravel() for p in params if p.grad is not None])


@pytest.mark.parametrize("p", [2.0, 1.0, 3.0, 0.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.0, 0.5, 1e6])
def test_clipping_to_a_norm(p: float, max_norm: float) -> None:
    params = parameters()
    before = gradient(params).copy()
    norm = np.abs(before).max() if p == math.inf else (np.abs(before) ** p).sum() ** (1 / p)
    kept = params[0].grad
    assert clip_grad_norm_(params, max_norm, norm_type=p).item() == pytest.approx(norm, rel=1e-13)
    np.testing.assert_allclose(gradient(params), before * min(1, max_norm / (norm + 1e-6)), rtol=1e-13)
    assert kept is not None
    np.testing.assert_array_equal(kept.numpy().ravel(), gradient(params)[:12])  # in place


def test_a_norm_that_is_not_finite() -> None:
    params = parameters()
    params[1].grad = nncore.full((5,), math.inf, dtype=nncore.float64)
    with pytest.raises(
        ValueError, match=r"The total norm of order 2.0 for gradients from `parameters` is non-finite"
    ):
        clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    assert np.isinf(gradient(params)[12:17]).all()
    assert clip_grad_norm_(params, 1.0).item() == math.inf


def mixed() -> list[nn.Parameter]:
    params = [
        nn.Parameter(nncore.zeros(2)),
        nn.Parameter(nncore.zeros(1, dtype=nncore.float64)),
        nn.Parameter(nncore.zeros(1)),
    ]
    for param, values in zip(params, ([3.0, -4.0], [12.0], [0.0]), strict=True):
        param.grad = nncore.tensor(np.asarray(values), dtype=param.dtype)
    return params


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("p", "norm"), [(2.0, 13.0), (1.0, 19.0), (3.0, 1819 ** (1 / 3)), (math.inf, 12.0)])
def test_gradients_of_two_dtypes_have_one_norm(p: float, norm: float, order: int) -> None:
    params = mixed()
    found = clip_grad_norm_(params[::order], 1.0, norm_type=p)
    assert found.dtype == nncore.float64
    assert found.item() == pytest.approx(norm, rel=1e-13)
    expected = np.array([3, -4, 12, 0]) / (norm + 1e-6)
    np.testing.assert_allclose(gradient(params), expected, rtol=1e-7)
    np.testing.assert_allclose(gradient(params)[2], expected[2], rtol=1e-13)
    assert [p.grad.dtype for p in params if p.grad is not None] == [p.dtype for p in params]
    params = mixed()
    clip_grad_value_(params, 3.5)
    np.testing.assert_array_equal(gradient(params), [3, -3.5, 3.5, 0])


@pytest.mark.parametrize("make", [nncore.optim.SGD, nncore.optim.Adam, nncore.optim.AdamW])
def test_parameters_of_two_dtypes_in_one_optimizer(make: Any) -> None:
    together, alone = mixed(), mixed()
    make(together, lr=0.1).step()
    for param in alone:
        make([param], lr=0.1).step()
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())


def test_clipping_values() -> None:
    params = parameters(3.0)
    before = gradient(params).copy()
    clip_grad_value_(iter(params), 1.5)
    np.testing.assert_array_equal(gradient(params), np.clip(before, -1.5, 1.5))


def test_nothing_to_clip() -> None:
    param = nn.Parameter(nncore.zeros(2))
    assert clip_grad_norm_(param, 1.0).item() == 0
    assert clip_grad_norm_([], 1.0).item() == 0
    clip_grad_value_(param, 1.0)
    assert param.grad is None


def test_vector_and_back() -> None:
    params = [
        nn.Parameter(nncore.tensor(np.float32(i) + np.arange(n, dtype=np.float32)))
        for i, n in enumerate((3, 1, 2))
    ]
    params.append(nn.Parameter(nncore.tensor([[7.0], [8.0]], dtype=nncore.float64)))
    vector = parameters_to_vector(params[:3])
    assert vector.tolist() == [0, 1, 2, 1, 2, 3]
    vector.sum().backward()  # part of the graph, as in PyTorch
    assert params[0].grad is not None
    vector_to_parameters(nncore.arange(8).float(), params)
    assert [p.tolist() for p in params] == [[0, 1, 2], [3], [4, 5], [[6], [7]]]
    assert params[3].dtype == nncore.float64


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: clip_grad_norm_(parameters(), -1.0), ValueError, "max_norm must not be negative, got -1.0"),
    (lambda: clip_grad_norm_(parameters(), math.nan), ValueError, "max_norm must not be negative, got nan"),
    (lambda: clip_grad_norm_(parameters(), 1.0, norm_type=0), ValueError, "norm_type must be above 0, got 0"),
    (lambda: clip_grad_value_(parameters(), -1.0), ValueError, "clip_grad_value_: clip_value must be"),
    (lambda: vector_to_parameters([1.0], parameters()), TypeError, "expected a Tensor, got list"),  # type: ignore[arg-type]
    (
        lambda: vector_to_parameters(nncore.zeros(3), parameters()),
        ValueError,
        r"shape \(3,\), .* need \(20,\)",
    ),
    (lambda: vector_to_parameters(nncore.zeros(4, 5), parameters()), ValueError, r"shape \(4, 5\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
