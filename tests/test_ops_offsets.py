"""Numbers with a large common offset: float32 agrees with float64 for the same inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.nn import functional as F

OFFSETS = [0.0, 1e4, 1e6, 1e7, 1e8]
ROWS, COLUMNS = 6, 37

Array = np.ndarray
Function = Callable[[nncore.Tensor], nncore.Tensor]


def shifted(offset: float, shape: tuple[int, ...] = (ROWS, COLUMNS)) -> Array:
    """float32 numbers within 5 of `offset`, or within 5 ulp of it if that is more."""
    step = max(1.0, float(np.spacing(np.float32(offset))))
    spread = np.random.default_rng(3).integers(-20, 20, shape) / 4 * step
    return (offset + spread).astype(np.float32)


def both(f: Function, x: Array) -> list[Array]:
    """The result and the gradient of a weighted sum of it."""
    t = nncore.tensor(x, requires_grad=True)
    y = f(t)
    weights = np.random.default_rng(4).normal(size=y.shape).astype(np.float32)
    (y * nncore.tensor(weights).to(y.dtype)).sum().backward()
    assert t.grad is not None
    return [y.detach().numpy(), t.grad.numpy()]


def check(f: Function, x: Array, tolerance: float = 3e-6) -> Array:
    """Compare float32 with float64 relative to the largest value; return the gradient in float32."""
    found, expected = both(f, x), both(f, x.astype(np.float64))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        scale = max(float(np.abs(other).max()), 1e-30)
        np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=tolerance)
    return found[1]


TARGET = nncore.tensor(np.arange(ROWS) * 5)
WEIGHT = np.linspace(0.5, 2, COLUMNS)


def likes(x: nncore.Tensor, values: Any) -> nncore.Tensor:
    return nncore.tensor(np.asarray(values)).to(x.dtype)


CONSTANT_ROWS: dict[str, Function] = {  # rows of the gradient sum to 0, as a shift of a row changes nothing
    "softmax": lambda x: F.softmax(x, -1),
    "softmax of columns": lambda x: F.softmax(x.transpose(0, 1), 0),
    "softmin": lambda x: F.softmin(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "log_softmax of columns": lambda x: F.log_softmax(x.transpose(0, 1), 0),
    "cross_entropy": lambda x: F.cross_entropy(x, TARGET),
    "cross_entropy of each": lambda x: F.cross_entropy(x, TARGET, reduction="none"),
    "cross_entropy smoothed": lambda x: F.cross_entropy(x, TARGET, label_smoothing=0.1),
    "cross_entropy weighted": lambda x: F.cross_entropy(x, TARGET, likes(x, WEIGHT)),
    "cross_entropy of probabilities": lambda x: F.cross_entropy(
        x, likes(x, np.full((ROWS, COLUMNS), 1 / COLUMNS))
    ),
    "multi_margin_loss": lambda x: F.multi_margin_loss(x, TARGET, p=2),
    "var": lambda x: x.var(1),
    "std": lambda x: x.std(1),
    "layer_norm": lambda x: F.layer_norm(x, (COLUMNS,), likes(x, WEIGHT), likes(x, WEIGHT)),
    "group_norm": lambda x: F.group_norm(x.reshape(ROWS, 1, COLUMNS), 1),
}


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("f", CONSTANT_ROWS.values(), ids=CONSTANT_ROWS)
def test_rows_that_a_shift_does_not_change(f: Function, offset: float) -> None:
    gradient = check(f, shifted(offset)).astype(np.float64)
    np.testing.assert_allclose(gradient.sum(1) / np.abs(gradient).sum(1).max(), 0, atol=1e-6)


CONSTANT_COLUMNS: dict[str, Function] = {
    "var": lambda x: x.var(0),
    "std of the middle": lambda x: x.reshape(2, ROWS // 2, COLUMNS).std(1),
    "batch_norm": lambda x: F.batch_norm(x, None, None, likes(x, WEIGHT), training=True),
    "batch_norm of images": lambda x: F.batch_norm(
        x.reshape(2, 3, COLUMNS), None, None, likes(x, WEIGHT[:3]), training=True
    ),
    "instance_norm": lambda x: F.instance_norm(x.reshape(2, 3, COLUMNS)),
    "all of var": lambda x: x.var(),
}


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("f", CONSTANT_COLUMNS.values(), ids=CONSTANT_COLUMNS)
def test_other_groups_that_a_shift_does_not_change(f: Function, offset: float) -> None:
    check(f, shifted(offset))


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("axes", [1, 0, (0, 1)])
def test_logsumexp(axes: Any, offset: float) -> None:
    x = shifted(offset)
    gradient = check(lambda t: t.logsumexp(axes), x)
    weights = np.random.default_rng(4).normal(size=x.sum(axes).shape)
    np.testing.assert_allclose(gradient.astype(np.float64).sum(axes), weights, rtol=2e-6)


@pytest.mark.parametrize("offset", OFFSETS)
def test_attention_whose_scores_share_an_offset(offset: float) -> None:
    mask = nncore.tensor(np.where(np.tri(5, 7, 2), offset, -np.inf).astype(np.float32))

    def attend(x: nncore.Tensor) -> nncore.Tensor:
        keys = nncore.zeros(1, 7, 3, dtype=x.dtype)
        return F.scaled_dot_product_attention(keys[:, :5], keys, x, mask.to(x.dtype))

    check(attend, np.random.default_rng(0).normal(size=(1, 7, 4)).astype(np.float32))


def test_the_loss_is_the_same_for_every_offset(isa: str) -> None:
    for offset in OFFSETS[:4]:
        x = nncore.tensor([[2 + offset, -1 + offset]], dtype=nncore.float32, requires_grad=True)
        loss = F.cross_entropy(x, nncore.tensor([0]))
        assert loss.item() == pytest.approx(0.04858735157374206, rel=1e-6)
        loss.backward()
        assert x.grad is not None
        assert abs(x.grad.sum().item()) < 1e-8
    found = F.log_softmax(nncore.tensor([[1e8, 1e8]]), -1).tolist()
    assert found == [[pytest.approx(-np.log(2), rel=2e-7)] * 2]


def test_functions_of_one_large_logit() -> None:
    """Small terms beside a large logit are lost; the logit is not."""
    for x in (1e4, 1e6, 1e8, -1e4, -1e8):
        t = nncore.tensor([x])
        assert F.logsigmoid(t).item() == min(x, 0)
        assert F.softplus(t).item() == max(x, 0)
        for target in (0.0, 1.0):
            loss = F.binary_cross_entropy_with_logits(t, nncore.tensor([target]))
            assert loss.item() == max(x, 0) - x * target


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([1.0, np.inf], [0.0, 1.0]),
        ([np.inf, 1.0, np.inf], [0.5, 0.0, 0.5]),
        ([-np.inf, 2.0, -np.inf], [0.0, 1.0, 0.0]),
        ([-np.inf, -np.inf], [0.0, 0.0]),
        ([1.0, np.nan, np.inf], [np.nan] * 3),
        ([np.nan, 0.0], [np.nan] * 2),
    ],
)
def test_gradient_of_logsumexp_of_extreme_numbers(x: list[float], expected: list[float], dtype: Any) -> None:
    for axis in (0, 1):
        t = nncore.tensor(np.asarray([x], dtype).swapaxes(0, 1 - axis).copy(), requires_grad=True)
        t.logsumexp(axis).sum().backward()
        assert t.grad is not None
        np.testing.assert_array_equal(t.grad.numpy().ravel(), expected)


@pytest.mark.parametrize("offset", OFFSETS)
def test_ctc_loss_with_an_offset_in_every_step(offset: float) -> None:
    x = (shifted(0, (40, 1, 5)) / 4 - 2 - offset / 8).astype(np.float32)
    target = nncore.tensor([[1, 2, 2, 4]])

    def loss(t: nncore.Tensor) -> nncore.Tensor:
        return F.ctc_loss(t, target, [40], [4], reduction="sum")

    gradient = check(loss, x)
    weight = np.random.default_rng(4).normal(size=())
    np.testing.assert_allclose(gradient.astype(np.float64).sum((1, 2)), -weight, rtol=1e-6)
