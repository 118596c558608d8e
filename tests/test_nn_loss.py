"""Losses against float64 NumPy, forward and gradient, and errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn import functional as F

Array = np.ndarray[Any, np.dtype[Any]]


def log_softmax(x: Array) -> Array:
    shifted = x - x.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def cross_entropy(
    x: Array, target: Array, weight: Array | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Array:
    """PyTorch's documented formula; x (N, C, ...), target (N, ...) or probabilities (N, C, ...)."""
    classes = x.shape[1]
    w = np.ones(classes) if weight is None else weight
    logp = np.moveaxis(log_softmax(x), 1, -1).reshape(-1, classes)
    if target.dtype.kind == "f":
        q = np.moveaxis(target, 1, -1).reshape(-1, classes)
        kept = np.ones(len(q), bool)
        share = np.ones(len(q))
    else:
        flat = target.reshape(-1)
        kept = flat != ignore_index
        q = np.eye(classes)[np.where(kept, flat, 0)]
        share = w[np.where(kept, flat, 0)] * kept
    q = (1 - label_smoothing) * q + label_smoothing / classes
    loss = -(w * q * logp).sum(axis=1) * kept
    if reduction == "none":
        return np.asarray(loss.reshape(x.shape[:1] + x.shape[2:]))
    return np.asarray(loss.sum() / (share.sum() if reduction == "mean" else 1))


def numerical_gradient(f: Callable[[Array], float], x: Array, step: float = 1e-5) -> Array:
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        gradient[i] = (f(up) - f(down)) / (2 * step)
    return gradient


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["int64", "int32", "uint8", "probabilities"])
@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2), (2, 4, 3, 2)])
def test_cross_entropy(
    reduction: Any,
    smoothing: float,
    weighted: bool,
    kind: str,
    shape: tuple[int, ...],
    rng: np.random.Generator,
) -> None:
    x = 3 * rng.normal(size=shape)
    weight = rng.uniform(0.5, 2, size=4) if weighted else None
    if kind == "probabilities":
        target = np.moveaxis(rng.dirichlet(np.ones(4), size=shape[:1] + shape[2:]), -1, 1)
    else:
        target = rng.integers(0, 4, size=shape[:1] + shape[2:]).astype(kind)
    target = np.ascontiguousarray(target)
    loss = nn.CrossEntropyLoss(
        None if weight is None else nncore.tensor(weight),
        ignore_index=2,
        reduction=reduction,
        label_smoothing=smoothing,
    )
    settings = (weight, 2, reduction, smoothing)
    logits = nncore.tensor(x, requires_grad=True)
    value = loss(logits, nncore.tensor(target))
    np.testing.assert_allclose(
        value.detach().numpy(), cross_entropy(x, target, *settings), rtol=1e-12, atol=1e-13
    )
    value.sum().backward()
    assert logits.grad is not None
    expected = numerical_gradient(lambda z: float(cross_entropy(z, target, *settings).sum()), x)
    np.testing.assert_allclose(logits.grad.numpy(), expected, rtol=1e-7, atol=1e-8)
    if kind == "probabilities":
        wanted = nncore.tensor(target, requires_grad=True)
        loss(logits.detach(), wanted).sum().backward()
        expected = numerical_gradient(lambda t: float(cross_entropy(x, t, *settings).sum()), target)
        assert wanted.grad is not None
        np.testing.assert_allclose(wanted.grad.numpy(), expected, rtol=1e-7, atol=1e-8)


def test_logits_and_probabilities_take_the_wider_dtype(rng: np.random.Generator) -> None:
    x, target = rng.normal(size=(3, 4)).astype(np.float32), rng.dirichlet(np.ones(4), size=3)
    weight = np.ones(4, np.float32)
    logits = nncore.tensor(x, requires_grad=True)
    loss = nn.CrossEntropyLoss(nncore.tensor(weight))(logits, nncore.tensor(target))
    assert loss.dtype == nncore.float64
    np.testing.assert_allclose(loss.item(), cross_entropy(x, target, weight, -100, "mean", 0.0), rtol=1e-6)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad.dtype == nncore.float32


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2)])
def test_log_softmax_and_nll_are_cross_entropy(
    reduction: Any, weighted: bool, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    logits = rng.normal(size=shape)
    target = nncore.tensor(rng.integers(0, 4, size=shape[:1] + shape[2:]))
    weight = nncore.tensor(rng.uniform(0.5, 2, size=4)) if weighted else None
    both = []
    for before, kind in ((nn.LogSoftmax(dim=1), nn.NLLLoss), (nn.Identity(), nn.CrossEntropyLoss)):
        x = nncore.tensor(logits, requires_grad=True)
        loss = kind(weight, ignore_index=1, reduction=reduction)(before(x), target)
        loss.sum().backward()
        assert x.grad is not None
        both.append((loss.detach().numpy(), x.grad.numpy().copy()))
    for a, b in zip(*both, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_one_sample_without_a_batch_axis() -> None:
    x = nncore.tensor([1.0, 2.0, 4.0], dtype=nncore.float64)
    expected = -log_softmax(np.array([[1.0, 2.0, 4.0]]))[0, 1]
    assert nn.CrossEntropyLoss()(x, nncore.tensor(1)).item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("scale", [1.0, 100.0, 1e20])
def test_cross_entropy_of_large_logits_is_finite(scale: float) -> None:
    x = nncore.tensor([[scale, -scale, 0.0]], requires_grad=True)
    loss = nn.CrossEntropyLoss()(x, nncore.tensor([1]))
    loss.backward()
    assert x.grad is not None
    assert loss.item() == pytest.approx(
        2 * scale + math.log1p(math.exp(-scale) + math.exp(-2 * scale)), rel=1e-6
    )
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(5, 3), (4,), ()])
def test_mse(reduction: Any, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    y, d = rng.normal(size=shape), rng.normal(size=shape)
    output, target = nncore.tensor(y, requires_grad=True), nncore.tensor(d, requires_grad=True)
    loss = nn.MSELoss(reduction=reduction)(output, target)
    each = (y - d) ** 2
    expected = {"mean": each.mean(), "sum": each.sum(), "none": each}[reduction]
    np.testing.assert_allclose(loss.detach().numpy(), expected, rtol=1e-14)
    loss.sum().backward()
    assert output.grad is not None
    assert target.grad is not None
    gradient = 2 * (y - d) / (each.size if reduction == "mean" else 1)
    np.testing.assert_allclose(output.grad.numpy(), gradient, rtol=1e-14)
    np.testing.assert_allclose(target.grad.numpy(), -gradient, rtol=1e-14)


def test_sum_squared_error_is_the_cost_of_1986(rng: np.random.Generator) -> None:
    y, d = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    output = nncore.tensor(y, requires_grad=True)
    loss = nn.SumSquaredError()(output, nncore.tensor(d))
    assert loss.item() == pytest.approx(0.5 * ((y - d) ** 2).sum(), rel=1e-14)
    loss.backward()
    assert output.grad is not None
    np.testing.assert_allclose(output.grad.numpy(), y - d, rtol=1e-14)


def test_modules_and_functions_agree() -> None:
    x, t = nncore.tensor([[1.0, 2.0], [0.5, 0.0]]), nncore.tensor([0, 1])
    assert nn.CrossEntropyLoss()(x, t).item() == F.cross_entropy(x, t).item()
    assert nn.NLLLoss()(x, t).item() == F.nll_loss(x, t).item()
    assert nn.MSELoss()(x, 2 * x).item() == F.mse_loss(x, 2 * x).item()


def test_class_weights_are_state() -> None:
    loss = nn.CrossEntropyLoss(nncore.ones(3))
    assert list(loss.state_dict()) == ["weight"]
    assert loss.double().weight is not None
    assert loss.weight.dtype == nncore.float64  # type: ignore[union-attr]
    assert not list(nn.CrossEntropyLoss().state_dict())


X, T = nncore.zeros(4, 3), nncore.tensor([0, 1, 2, 0])
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.CrossEntropyLoss(reduction="average"), ValueError, "average is not a valid value"),  # type: ignore[arg-type]
    (lambda: nn.MSELoss(size_average=False), TypeError, "MSELoss: size_average .* reduction="),  # type: ignore[arg-type]
    (lambda: nn.CrossEntropyLoss(None, None, 1, False), TypeError, "CrossEntropyLoss: size_average"),  # type: ignore[arg-type]
    (lambda: F.mse_loss(X, X, "sum"), TypeError, "mse_loss: size_average and reduce .* reduction='none'"),
    (lambda: F.cross_entropy(X, T, reduce=False), TypeError, "cross_entropy: size_average and reduce"),
    (lambda: F.cross_entropy(X, T, nn.Parameter(nncore.ones(3))), ValueError, "respect to the weight"),
    (lambda: F.mse_loss(X, X, weight=X[:1]), ValueError, r"\(4, 3\) but weight has \(1, 3\)"),
    (lambda: F.huber_loss(X[:0], X[:0], weight=X[:0]), ValueError, "the mean of an empty batch"),
    (lambda: nn.MSELoss(reduction=None), ValueError, "None is not a valid value for reduction"),  # type: ignore[arg-type]
    (lambda: nn.CrossEntropyLoss(label_smoothing=1.5), ValueError, "at least 0, at most 1, got 1.5"),
    (lambda: nn.CrossEntropyLoss(label_smoothing=math.nan), ValueError, "label_smoothing must be"),
    (lambda: nn.CrossEntropyLoss(label_smoothing="a"), TypeError, "label_smoothing must be a number"),  # type: ignore[arg-type]
    (lambda: nn.CrossEntropyLoss([1.0, 2.0]), TypeError, "'list' object to buffer 'weight'"),  # type: ignore[arg-type]
    (lambda: nn.CrossEntropyLoss()(X, nncore.tensor([0, 1, 3, 0])), IndexError, "target 3"),
    (lambda: nn.CrossEntropyLoss()(X, nncore.tensor([0, -1, 2, 0])), IndexError, "target -1"),
    (lambda: nn.CrossEntropyLoss()(X, nncore.tensor([0, 1])), ValueError, r"\(2,\).*\(4, 3\)"),
    (lambda: nn.CrossEntropyLoss()(X, nncore.zeros(3, 4)), ValueError, r"\(3, 4\).*\(4, 3\)"),
    (lambda: nn.CrossEntropyLoss(nncore.ones(2))(X, T), ValueError, r"weight has shape \(2,\)"),
    (lambda: nn.CrossEntropyLoss(ignore_index=0)(X, 0 * T), ValueError, "nothing to average"),
    (lambda: nn.CrossEntropyLoss()(X[:0], T[:0]), ValueError, "empty batch"),
    (lambda: nn.MSELoss()(nncore.zeros(64, 4), nncore.zeros(64, 1)), ValueError, r"\(64, 4\).*\(64, 1\)"),
    (lambda: nn.SumSquaredError()(nncore.zeros(32), nncore.zeros(32, 1)), ValueError, r"\(32,\).*\(32, 1\)"),
    (lambda: nn.NLLLoss()(X, nncore.tensor([0, 1, 3, 0])), IndexError, "target 3"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
