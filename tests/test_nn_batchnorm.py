"""Batch norm layers: running statistics as in PyTorch, modes, captured steps and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.captured.step import CompiledStep
from nncore.nn import functional as F


def kept(layer: nn.Module, name: str) -> Any:
    """A buffer as a NumPy array."""
    return layer.state_dict()[name].numpy()


def test_state_and_printed_form_are_pytorchs() -> None:
    layer = nn.BatchNorm2d(3)
    assert {k: (v.shape, str(v.dtype)) for k, v in layer.state_dict().items()} == {
        "weight": ((3,), "nncore.float32"),
        "bias": ((3,), "nncore.float32"),
        "running_mean": ((3,), "nncore.float32"),
        "running_var": ((3,), "nncore.float32"),
        "num_batches_tracked": ((), "nncore.int64"),
    }
    assert list(nn.BatchNorm1d(3, affine=False, track_running_stats=False).state_dict()) == []
    assert list(nn.BatchNorm1d(3, bias=False).state_dict())[0:2] == ["weight", "running_mean"]
    assert (
        repr(layer)
        == "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"
    )


@pytest.mark.parametrize("momentum", [0.1, 0.75, 0.0, None])
@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 7), (2, 3, 4, 5)])
def test_running_statistics(momentum: float | None, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    kind = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[len(shape)]
    layer = kind(3, momentum=momentum, dtype=nncore.float64)
    mean, var, axes = np.zeros(3), np.ones(3), (0, *range(2, len(shape)))
    for batch in range(1, 4):
        x = rng.normal(2, 3, shape)
        y = layer(nncore.tensor(x))
        factor = 1 / batch if momentum is None else momentum
        mean = (1 - factor) * mean + factor * x.mean(axes)
        var = (1 - factor) * var + factor * x.var(axes, ddof=1)
        np.testing.assert_allclose(kept(layer, "running_mean"), mean, rtol=1e-12)
        np.testing.assert_allclose(kept(layer, "running_var"), var, rtol=1e-12)
        assert kept(layer, "num_batches_tracked").item() == batch
        np.testing.assert_allclose(y.detach().numpy().mean(axes), 0, atol=1e-12)
    layer.eval()
    channels = (1, 3) + (1,) * (len(shape) - 2)
    expected = (x - mean.reshape(channels)) / np.sqrt(var.reshape(channels) + layer.eps)
    np.testing.assert_allclose(layer(nncore.tensor(x)).detach().numpy(), expected, rtol=1e-12)
    assert kept(layer, "num_batches_tracked").item() == 3
    layer.reset_running_stats()
    assert (kept(layer, "running_mean").tolist(), kept(layer, "running_var").tolist()) == (
        [0.0] * 3,
        [1.0] * 3,
    )


def test_without_running_statistics_both_modes_use_the_batch(rng: np.random.Generator) -> None:
    layer = nn.BatchNorm1d(3, track_running_stats=False)
    x = nncore.tensor(rng.normal(size=(5, 3)))
    layer = layer.double()
    assert np.array_equal(layer(x).detach().numpy(), layer.eval()(x).detach().numpy())


def test_an_empty_batch_keeps_the_statistics() -> None:
    layer = nn.BatchNorm1d(3)
    assert layer(nncore.zeros(0, 3)).shape == (0, 3)
    assert kept(layer, "running_mean").tolist() == [0.0] * 3


def test_large_means_cost_only_their_own_digits(rng: np.random.Generator) -> None:
    x = (rng.normal(size=(64, 2)) + 4096).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(0)) / exact.std(0)
    y = F.batch_norm(nncore.tensor(x), None, None, training=True, eps=1e-12)
    np.testing.assert_allclose(y.numpy(), exact, atol=5e-4)


def train(compiled: bool) -> list[Any]:
    nncore.manual_seed(4)
    model = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.BatchNorm1d(8, momentum=None))
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(x: nncore.Tensor, wish: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), wish)
        loss.backward()
        optimizer.step()
        return loss

    run = nncore.compile(step) if compiled else step
    rng = np.random.default_rng(1)
    for _ in range(8):
        run(*(nncore.tensor(rng.normal(size=(6, n)).astype(np.float32)) for n in (5, 8)))
    if isinstance(run, CompiledStep):
        assert run.replays > 0
    return [v.numpy().copy() for v in model.state_dict().values()]


def test_a_captured_step_keeps_the_same_statistics() -> None:
    for eager, captured in zip(train(False), train(True), strict=True):
        assert np.array_equal(eager, captured)


X = nncore.ones(2, 3)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.BatchNorm1d(4)(X), ValueError, r"\(2, 3\); expected 4 channels"),
    (lambda: nn.BatchNorm1d(3)(X[0]), ValueError, r"shape \(3,\); expected 2 or 3 axes"),
    (lambda: nn.BatchNorm2d(3)(X), ValueError, "expected 4 axes"),
    (lambda: nn.BatchNorm1d(3)(X[:1]), ValueError, "one value per channel"),
    (lambda: nn.BatchNorm1d(-1), ValueError, "at least 0"),
    (lambda: nn.BatchNorm1d(3, momentum=2.0), ValueError, "momentum must be finite, at least 0, at most 1"),
    (lambda: nn.BatchNorm1d(3)(X.double()), TypeError, "weight is float32 but the input is float64"),
    (lambda: F.batch_norm(X, None, None), ValueError, "evaluation needs running_mean and running_var"),
    (
        lambda: F.batch_norm(X, nncore.zeros(3), None, training=True),
        ValueError,
        "give both running_mean and running_var",
    ),
    (lambda: F.batch_norm(X, nncore.zeros(2), nncore.ones(2)), ValueError, r"running_mean has shape \(2,\)"),
    (lambda: F.batch_norm(X, nncore.zeros(3), nncore.ones(3), momentum=-1.0), ValueError, "momentum is -1"),
    (lambda: F.batch_norm(nncore.tensor([[1, 2]]), None, None, training=True), TypeError, "int64"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
