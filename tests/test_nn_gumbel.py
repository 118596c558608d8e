"""gumbel_softmax: moments as PyTorch's, gradients, and wrong arguments."""

from __future__ import annotations

import numpy as np
import pytest

import nncore
from nncore.nn.functional import gumbel_softmax

LOGITS = np.array([-0.5, 0.2, -0.2, 0.5, 0.1])
# Of 200,000 samples of PyTorch
HARD_MEAN = [0.1121, 0.2274, 0.1522, 0.3050, 0.2033]
MEAN = [0.1188, 0.2251, 0.1566, 0.2939, 0.2057]
VARIANCE = [0.0568, 0.0959, 0.0724, 0.1152, 0.0895]


@pytest.mark.parametrize("dim", [0, -1])
def test_moments(dim: int) -> None:
    rows = nncore.tensor(np.broadcast_to(LOGITS, (50_000, 5)).copy())
    hard = gumbel_softmax(rows if dim else rows.T, hard=True, dim=dim).numpy()
    soft = gumbel_softmax(rows if dim else rows.T, tau=0.5, dim=dim).numpy()
    hard, soft = (y if dim else y.T for y in (hard, soft))
    np.testing.assert_allclose(soft.sum(1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.sort(hard, 1), np.broadcast_to([0, 0, 0, 0, 1], hard.shape), atol=1e-12)
    np.testing.assert_allclose(hard.mean(0), HARD_MEAN, atol=0.01)
    np.testing.assert_allclose(soft.mean(0), MEAN, atol=0.01)
    np.testing.assert_allclose(soft.var(0), VARIANCE, atol=0.005)


def test_the_hard_gradient_is_the_soft_one() -> None:
    weights, gradients = nncore.tensor([1.0, -2.0, 3.0, 0.5, 0.0]), []
    for hard in (False, True):
        nncore.manual_seed(3)
        logits = nncore.tensor(LOGITS, dtype=nncore.float32, requires_grad=True)
        (gumbel_softmax(logits, 2.0, hard) * weights).sum().backward()
        assert logits.grad is not None
        gradients.append(logits.grad.numpy())
    np.testing.assert_array_equal(gradients[0], gradients[1])
    assert np.abs(gradients[0]).min() > 0


def test_a_captured_step_draws_new_noise() -> None:
    step = nncore.compile(lambda logits: gumbel_softmax(logits))
    logits = nncore.zeros(4)
    found = {tuple(step(logits).tolist()) for _ in range(5)}
    assert len(found) == 5


@pytest.mark.parametrize("tau", [0, -1.0, float("nan")])
def test_misuse_is_named(tau: float) -> None:
    with pytest.raises(ValueError, match="gumbel_softmax: tau must be finite, above 0"):
        gumbel_softmax(nncore.zeros(2), tau)
    with pytest.raises(IndexError):
        gumbel_softmax(nncore.zeros(2), dim=1)
