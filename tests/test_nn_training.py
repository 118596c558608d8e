"""Whole training runs, step by step against the same network in float64 NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn
from nncore.optim import SGD, Adam

Array = np.ndarray[Any, np.dtype[np.float64]]


def weights(model: nn.Module) -> list[Array]:
    return [parameter.detach().numpy().copy() for parameter in model.parameters()]


def test_back_propagation_of_1986(rng: np.random.Generator) -> None:
    """Sigmoid units, E = ½ Σ (y - d)², Δw(t) = -ε ∂E/∂w + α Δw(t-1): eqs. 2, 3 and 9 of the paper."""
    model = nn.Sequential(nn.Linear(6, 5), nn.Sigmoid(), nn.Linear(5, 2), nn.Sigmoid()).double()
    optimizer, cost = SGD(model.parameters(), lr=0.1, momentum=0.9), nn.SumSquaredError()
    x, d = rng.normal(size=(8, 6)), rng.uniform(size=(8, 2))
    w1, b1, w2, b2 = weights(model)
    change = [np.zeros_like(w) for w in (w1, b1, w2, b2)]
    for _ in range(50):
        h = 1 / (1 + np.exp(-(x @ w1.T + b1)))
        y = 1 / (1 + np.exp(-(h @ w2.T + b2)))
        delta2 = (y - d) * y * (1 - y)
        delta1 = delta2 @ w2 * h * (1 - h)
        gradients = [delta1.T @ x, delta1.sum(0), delta2.T @ h, delta2.sum(0)]
        change = [-0.1 * g + 0.9 * c for g, c in zip(gradients, change, strict=True)]
        w1, b1, w2, b2 = (w + c for w, c in zip((w1, b1, w2, b2), change, strict=True))

        optimizer.zero_grad()
        loss = cost(model(nncore.tensor(x)), nncore.tensor(d))
        loss.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(0.5 * ((y - d) ** 2).sum(), rel=1e-12)
        for mine, theirs in zip(weights(model), (w1, b1, w2, b2), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-13)


def test_relu_cross_entropy_and_adam(rng: np.random.Generator) -> None:
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3)).double()
    optimizer, cost = Adam(model.parameters(), lr=0.01, weight_decay=0.1), nn.CrossEntropyLoss()
    x, target = rng.normal(size=(10, 6)), rng.integers(0, 3, size=10)
    p = weights(model)
    m, v = [np.zeros_like(w) for w in p], [np.zeros_like(w) for w in p]
    for t in range(1, 31):
        h = np.maximum(x @ p[0].T + p[1], 0)
        z = h @ p[2].T + p[3]
        q = np.exp(z - z.max(1, keepdims=True))
        q /= q.sum(1, keepdims=True)
        expected = -np.log(q[np.arange(10), target]).mean()
        delta2 = (q - np.eye(3)[target]) / 10
        delta1 = delta2 @ p[2] * (h > 0)
        for i, g in enumerate((delta1.T @ x, delta1.sum(0), delta2.T @ h, delta2.sum(0))):
            decayed = g + 0.1 * p[i]
            m[i] = 0.9 * m[i] + 0.1 * decayed
            v[i] = 0.999 * v[i] + 0.001 * decayed**2
            p[i] = p[i] - 0.01 * (m[i] / (1 - 0.9**t)) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)

        optimizer.zero_grad()
        loss = cost(model(nncore.tensor(x)), nncore.tensor(target))
        loss.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(expected, rel=1e-10)
        for mine, theirs in zip(weights(model), p, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-10)


def test_a_run_has_the_same_bits_on_every_level_and_thread_count(rng: np.random.Generator) -> None:
    x, target = rng.normal(size=(64, 20)).astype(np.float32), rng.integers(0, 5, size=64)

    def run(level: str, threads: int) -> bytes:
        _core.set_isa(level)
        nncore.set_num_threads(threads)
        nncore.manual_seed(1)
        model = nn.Sequential(nn.Linear(20, 40), nn.GELU(), nn.Linear(40, 5))
        optimizer, cost = Adam(model.parameters()), nn.CrossEntropyLoss(label_smoothing=0.1)
        for _ in range(10):
            optimizer.zero_grad()
            cost(model(nncore.tensor(x)), nncore.tensor(target)).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
        return b"".join(w.tobytes() for w in weights(model))

    assert len({run(level, threads) for level in _core.isa_levels() for threads in (1, 2)}) == 1
