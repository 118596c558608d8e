"""Sums and products over a million elements in float32: the error does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.nn import functional as F

N = 1_000_000
TENTH = float(np.float32(0.1))

Function = Callable[[], Any]
Array = np.ndarray[Any, np.dtype[Any]]


def tenths(*shape: int) -> nncore.Tensor:
    return nncore.full(shape, 0.1)


def grad_of(x: nncore.Tensor | None) -> Array:
    assert x is not None
    assert x.grad is not None
    return np.asarray(x.grad.numpy())


def gradient(f: Callable[[nncore.Tensor], nncore.Tensor], x: nncore.Tensor, dy: nncore.Tensor) -> Array:
    x = x.detach().requires_grad_(True)
    (f(x) * dy).sum().backward()
    return grad_of(x)


def bias_gradient(rows: int, activation: bool) -> Array:
    layer = nncore.nn.Linear(2, 3)
    assert layer.bias is not None
    nncore.nn.init.ones_(layer.bias)
    y = layer(nncore.zeros(rows, 2))
    (y.relu() if activation else y).backward(tenths(rows, 3))
    return grad_of(layer.bias)


def norm_gradients(rows: int) -> Array:
    layer = nncore.nn.LayerNorm(2)
    layer(nncore.tensor(np.tile(np.array([1, -1], np.float32), (rows, 1)))).backward(tenths(rows, 2))
    return grad_of(layer.bias)


IDS = nncore.zeros(N, dtype=nncore.int64)
SUMS: dict[str, tuple[Function, float]] = {  # each is 0.1 times N, or times the number
    "cumsum": (lambda: tenths(N).cumsum(0)[-1], 1),
    "cumsum of columns": (lambda: tenths(N, 3).cumsum(0)[-1], 1),
    "gradient of cumsum": (lambda: gradient(lambda x: x.cumsum(0), nncore.zeros(N), tenths(N))[0], 1),
    "sum": (lambda: tenths(N).sum(), 1),
    "sum down columns": (lambda: tenths(N, 2).sum(0), 1),
    "sum of the middle": (lambda: tenths(2, N, 2).sum(1), 1),
    "mean down columns": (lambda: tenths(N, 2).mean(0) * N, 1),
    "gradient of a bias": (lambda: bias_gradient(N, False), 1),
    "gradient of a bias before relu": (lambda: bias_gradient(N, True), 1),
    "gradient of layer_norm's bias": (lambda: norm_gradients(N), 1),
    "batch_norm's gradients": (
        lambda: gradient(
            lambda b: F.batch_norm(tenths(N, 2), nncore.zeros(2), nncore.ones(2), None, b),
            nncore.zeros(2),
            tenths(N, 2),
        ),
        1,
    ),
    "broadcast operand": (
        lambda: gradient(lambda b: nncore.zeros(N, 2) + b, nncore.zeros(2), tenths(N, 2)),
        1,
    ),
    "embedding": (
        lambda: gradient(lambda w: F.embedding(IDS, w), nncore.zeros(3, 2), tenths(N, 2))[0],
        1,
    ),
    "embedding_bag": (
        lambda: F.embedding_bag(IDS.reshape(1, N), tenths(3, 2), mode="sum")[0],
        1,
    ),
    "gradient of the largest in a bag": (
        lambda: gradient(
            lambda w: F.embedding_bag(IDS.reshape(N, 1), w, mode="max"), nncore.zeros(3, 2), tenths(N, 2)
        )[0],
        1,
    ),
    "softmax": (lambda: 1 / F.softmax(tenths(1, N), 1)[0, 0], 1 / TENTH),
    "log_softmax": (lambda: -F.log_softmax(nncore.zeros(1, N), 1)[0, 0], float(np.log(N)) / N / TENTH),
    "gradient of softmax": (
        lambda: (
            gradient(lambda x: F.softmax(x, 1) * N, nncore.zeros(1, N), nncore.arange(N).float().unsqueeze(0))
            / (np.arange(N) - (N - 1) / 2)
        )[0, [0, -1]],
        1 / N / TENTH,
    ),
    "index_add": (lambda: nncore.zeros(3, 2).index_add(0, IDS, tenths(N, 2))[0], 1),
    "index_add of a vector": (lambda: nncore.zeros(3).index_add(0, IDS, tenths(N))[0], 1),
    "gradient of an index": (lambda: gradient(lambda x: x[IDS], nncore.zeros(3), tenths(N))[0], 1),
    "scatter_add": (lambda: nncore.zeros(3).scatter_add(0, IDS, tenths(N))[0], 1),
    "scatter_add of columns": (
        lambda: nncore.zeros(3, 2).scatter_add(0, IDS.reshape(N, 1).expand(N, 2), tenths(N, 2))[0],
        1,
    ),
    "gradient of gather": (
        lambda: gradient(lambda x: x.gather(0, IDS), nncore.zeros(3), tenths(N))[0],
        1,
    ),
    "l1 norm of columns": (lambda: tenths(N, 2).norm(1, 0), 1),
    "squared norm of columns": (lambda: tenths(N, 2).norm(2, 0) ** 2, TENTH),
    "squared norm in a row": (lambda: 1 / F.normalize(tenths(1, N))[0, 0] ** 2, 1 / TENTH),
    "loss": (lambda: F.l1_loss(tenths(N), nncore.zeros(N), reduction="sum"), 1),
    "cross_entropy of many classes": (
        lambda: F.cross_entropy(nncore.zeros(1, N), tenths(1, N), reduction="sum"),
        float(np.log(N)),
    ),
}


@pytest.mark.parametrize(("f", "times"), SUMS.values(), ids=SUMS)
def test_sums(f: Function, times: float) -> None:
    found = f()
    found = found.numpy() if isinstance(found, nncore.Tensor) else np.asarray(found)
    np.testing.assert_allclose(found, N * TENTH * times, rtol=1e-6)


@pytest.mark.parametrize("rows", [256, 257, 20_000, 4_000_000])
def test_tall_columns(rows: int) -> None:
    """One chain for up to 256 rows, chunks for more."""
    x = np.random.default_rng(0).random((rows, 2), dtype=np.float32)
    found = nncore.tensor(x).sum(0).numpy()
    np.testing.assert_allclose(found, x.astype(np.float64).sum(0), rtol=1e-6)
    np.testing.assert_allclose(
        nncore.tensor(x).var(0).numpy(), x.astype(np.float64).var(0, ddof=1), rtol=1e-6
    )


def truth_of_products(x: Array, dy: Array) -> tuple[Array, Array]:
    """cumprod and its gradient if no factor is 0: dx_i = (sum over j >= i of dy_j y_j) / x_i."""
    y = np.cumprod(x.astype(np.float64))
    return y, np.cumsum((dy * y)[::-1])[::-1] / x


def test_products() -> None:
    rng = np.random.default_rng(1)
    x = (1 + rng.normal(size=N) * 1e-3).astype(np.float32)
    dy = rng.normal(size=N).astype(np.float32)
    y, dx = truth_of_products(x, dy)
    t = nncore.tensor(x)
    np.testing.assert_allclose(t.cumprod(0).numpy(), y, rtol=1e-6)
    found = gradient(lambda v: v.cumprod(0), t, nncore.tensor(dy))
    np.testing.assert_allclose(found / np.abs(dx).max(), dx / np.abs(dx).max(), atol=1e-6)
    np.testing.assert_allclose(t.prod().item(), y[-1], rtol=1e-6)
    np.testing.assert_allclose(t.reshape(N, 1).expand(N, 2).prod(0).numpy(), y[-1], rtol=1e-6)
    found = gradient(lambda v: v.prod(), t, nncore.ones(()))
    np.testing.assert_allclose(found, y[-1] / x.astype(np.float64), rtol=1e-6)


@pytest.mark.parametrize("k", [131_073, 1_000_000])
def test_a_product_with_a_very_long_k(k: int) -> None:
    """Chunks of 2,048 steps of k, whose results are added in float64."""
    rng = np.random.default_rng(2)
    a, b = rng.random((3, k), dtype=np.float32), rng.random((k, 2), dtype=np.float32)
    expected = a.astype(np.float64) @ b.astype(np.float64)
    ta, tb = nncore.tensor(a), nncore.tensor(b)
    for found in (ta @ tb, F.linear(ta, tb.transpose(0, 1), nncore.ones(2)) - 1):
        np.testing.assert_allclose(found.numpy(), expected, rtol=3e-6)
    layer = nncore.nn.Linear(2, 3)  # the gradient of the weight is a product over the batch
    layer(tb).backward(ta.transpose(0, 1))
    np.testing.assert_allclose(grad_of(layer.weight), expected, rtol=3e-6)


def test_equal_bits_on_all_levels_and_threads(isa: str, threads: int) -> None:
    x = nncore.tensor(np.random.default_rng(5).normal(size=(3000, 5)).astype(np.float32))
    ids = nncore.tensor(np.arange(3000) % 7)
    made = [
        x.sum(0),
        x.cumsum(0),
        x.var(0),
        nncore.zeros(7, 5).index_add(0, ids, x),
        nncore.zeros(7, 5).scatter_add(0, ids.reshape(-1, 1).expand(3000, 5), x),
    ]
    nncore.set_num_threads(1)
    nncore._core.set_isa("scalar")
    again = [
        x.sum(0),
        x.cumsum(0),
        x.var(0),
        nncore.zeros(7, 5).index_add(0, ids, x),
        nncore.zeros(7, 5).scatter_add(0, ids.reshape(-1, 1).expand(3000, 5), x),
    ]
    for one, other in zip(made, again, strict=True):
        assert one.numpy().tobytes() == other.numpy().tobytes()


@pytest.mark.slow
def test_ten_million_tenths() -> None:
    n = 10_000_000
    np.testing.assert_allclose(tenths(n).cumsum(0)[-1].item(), n * TENTH, rtol=1e-6)
    np.testing.assert_allclose(tenths(n, 1).sum(0).item(), n * TENTH, rtol=1e-6)
    np.testing.assert_allclose(bias_gradient(n, False), n * TENTH, rtol=1e-6)
