"""A tensor as a number: its gradient is computed, or the call raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.nn import functional as F

X = np.array([[0.5, -1.5, 2.0], [1.0, 3.0, -0.25]])
MASK = nncore.tensor(X > 0)
Function = Callable[[Any], nncore.Tensor]


def x() -> nncore.Tensor:
    return nncore.tensor(X)


KEPT: dict[str, Function] = {
    "masked_fill": lambda v: x().masked_fill(MASK, v),
    "masked_fill, a mask that broadcasts": lambda v: x()[0].masked_fill(MASK, v),
    "where, first": lambda v: nncore.where(MASK, v, x()),
    "where, second": lambda v: nncore.where(MASK, 2.0, v),
    "clamp, min": lambda v: x().clamp(min=v),
    "clamp, max": lambda v: x().clamp(max=v),
    "lerp": lambda v: x().lerp(x() * 2, v),
    "scatter": lambda v: x().scatter(1, nncore.tensor([[0, 1], [1, 2]]), v),
    "add": lambda v: x() + v,
    "pow": lambda v: x().abs() ** v,
    "rpow": lambda v: 2.0**v * x(),
    "maximum": lambda v: nncore.maximum(x(), v),
}


@pytest.mark.parametrize("f", KEPT.values(), ids=KEPT)
def test_the_gradient_is_kept(f: Function) -> None:
    value = 0.75
    v = nncore.tensor(value, dtype=nncore.float64, requires_grad=True)
    f(v).sum().backward()
    assert v.grad is not None
    step = 1e-6
    high, low = (f(nncore.tensor(value + d, dtype=nncore.float64)).sum().item() for d in (step, -step))
    np.testing.assert_allclose(v.grad.item(), (high - low) / (2 * step), rtol=1e-7, atol=1e-9)


def test_masked_fill_passes_the_rest_to_the_input() -> None:
    t = nncore.tensor(X, requires_grad=True)
    t.masked_fill(MASK, nncore.tensor(1.0)).sum().backward()
    assert t.grad is not None
    np.testing.assert_array_equal(t.grad.numpy(), ~(X > 0))
    with pytest.raises(ValueError, match=r"masked_fill: value has shape \(2,\)"):
        t.masked_fill(MASK, nncore.zeros(2))
    with pytest.raises(TypeError, match="masked_fill: a int64 tensor cannot hold values of float32"):
        nncore.zeros(2, 3, dtype=nncore.int64).masked_fill(MASK, nncore.tensor(1.5))
    with pytest.raises(TypeError, match="masked_fill: mask is float64"):
        t.masked_fill(x(), nncore.tensor(1.0))


REFUSED: dict[str, Function] = {
    "alpha of add": lambda v: x().add(x(), alpha=v),
    "alpha of index_add": lambda v: x().index_add(0, nncore.tensor([0, 1]), x(), alpha=v),
    "value of addcmul": lambda v: x().addcmul(x(), x(), value=v),
    "full": lambda v: nncore.full((2,), v),
    "full_like": lambda v: nncore.full_like(x(), v),
    "arange": lambda v: nncore.arange(v),
    "linspace": lambda v: nncore.linspace(0.0, v, 3),
    "slope": lambda v: F.leaky_relu(x(), v),
    "beta": lambda v: F.softplus(x(), v),
    "eps": lambda v: F.layer_norm(x(), (3,), eps=v),
    "p of norm": lambda v: x().norm(v),
    "p of dropout": lambda v: F.dropout(x(), v),
    "correction": lambda v: x().var(0, correction=v),
    "margin": lambda v: F.hinge_embedding_loss(x(), x(), margin=v),
    "delta": lambda v: F.huber_loss(x(), x(), delta=v),
    "label_smoothing": lambda v: F.cross_entropy(x(), nncore.tensor([0, 1]), label_smoothing=v),
    "scale of attention": lambda v: F.scaled_dot_product_attention(x(), x(), x(), scale=v),
    "var": lambda v: F.gaussian_nll_loss(x(), x(), v),
}


@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_a_number_whose_gradient_would_be_lost_raises(f: Function) -> None:
    with pytest.raises((TypeError, ValueError)):
        f(nncore.tensor(0.5, dtype=nncore.float64, requires_grad=True))


def test_the_refusal_says_what_to_do() -> None:
    v = nncore.tensor(0.5, requires_grad=True)
    with pytest.raises(TypeError, match=r"leaky_relu: got .*Tensor that requires grad.*pass \.item\(\)"):
        F.leaky_relu(x(), v)
    with pytest.raises(TypeError, match=r"full: a tensor that requires grad .* pass \.item\(\)"):
        nncore.full((2,), v)
    y = F.leaky_relu(x(), nncore.tensor(0.5))  # without a gradient it is a number
    np.testing.assert_array_equal(y.numpy(), np.where(X < 0, X / 2, X))
