"""Losses and log-probabilities of infinite inputs: 0 if the target agrees, NaN only if no limit exists."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.nn import functional as F

INF = math.inf

# name: loss(input, target), input, target, value, gradient of the input
CASES: dict[str, tuple[Callable[..., Any], float, float, float, float]] = {
    "logits, +inf is 1": (F.binary_cross_entropy_with_logits, INF, 1.0, 0.0, 0.0),
    "logits, -inf is 0": (F.binary_cross_entropy_with_logits, -INF, 0.0, 0.0, 0.0),
    "logits, +inf is not 0": (F.binary_cross_entropy_with_logits, INF, 0.0, INF, 1.0),
    "logits, -inf is not 1": (F.binary_cross_entropy_with_logits, -INF, 1.0, INF, -1.0),
    "probability 1": (F.binary_cross_entropy, 1.0, 1.0, 0.0, 0.0),
    "soft margin": (F.soft_margin_loss, INF, 1.0, 0.0, 0.0),
    "soft margin, wrong": (F.soft_margin_loss, -INF, 1.0, INF, -1.0),
    "poisson": (F.poisson_nll_loss, -INF, 0.0, 0.0, 0.0),
    "divergence of nothing": (lambda a, b, **k: F.kl_div(a, b, log_target=True, **k), -1.0, -INF, 0.0, 0.0),
    "divergence, probability 0": (F.kl_div, -INF, 0.0, 0.0, 0.0),
    "hinge": (F.hinge_embedding_loss, INF, -1.0, 0.0, 0.0),
    "l1": (F.l1_loss, INF, 1.0, INF, 1.0),
    "smooth l1": (F.smooth_l1_loss, -INF, 1.0, INF, -1.0),
    "huber": (F.huber_loss, INF, 1.0, INF, 1.0),
}


@pytest.mark.parametrize("dtype", [nncore.float32, nncore.float64])
@pytest.mark.parametrize("name", CASES)
def test_a_loss_at_infinity(name: str, dtype: nncore.dtype, isa: str) -> None:
    loss, at, target, value, slope = CASES[name]
    x = nncore.full((19,), at, dtype=dtype, requires_grad=True)  # more than one vector
    y = loss(x, nncore.full((19,), target, dtype=dtype), reduction="none")
    np.testing.assert_array_equal(y.detach().numpy(), np.full(19, value))
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), np.full(19, slope))


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"])
def test_the_difference_of_infinities_is_not_a_number(name: str) -> None:
    x = nncore.tensor([INF])
    assert math.isnan(getattr(F, name)(x, x).item())


def test_a_weight_beside_an_infinite_logit() -> None:
    x, t = nncore.tensor([INF, -INF]), nncore.tensor([1.0, 0.0])
    loss = F.binary_cross_entropy_with_logits(x, t, pos_weight=nncore.tensor([3.0, 3.0]))
    assert loss.item() == 0.0
    soft = F.multilabel_soft_margin_loss(x.reshape(1, 2), t.reshape(1, 2))
    assert soft.item() == 0.0


def test_log_sigmoid_and_softplus_at_infinity(isa: str) -> None:
    x = nncore.tensor([INF, -INF] * 10, requires_grad=True)
    np.testing.assert_array_equal(F.logsigmoid(x).detach().numpy(), np.tile([0.0, -INF], 10))
    np.testing.assert_array_equal(F.softplus(x).detach().numpy(), np.tile([INF, 0.0], 10))
    (F.logsigmoid(x) + 2 * F.softplus(x)).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), np.tile([2.0, 1.0], 10))


def test_finite_logits_keep_their_bits() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 20, 1000)
    t = rng.choice([0.0, 1.0, 0.25], 1000)
    exact = np.logaddexp(0, -x) * t + np.logaddexp(0, x) * (1 - t)
    found = F.binary_cross_entropy_with_logits(nncore.tensor(x), nncore.tensor(t), reduction="none")
    np.testing.assert_allclose(found.numpy(), exact, rtol=1e-14, atol=1e-300)
