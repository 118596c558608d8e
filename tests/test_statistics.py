"""Counts, order statistics, distances and random choices against NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import tensor

RNG = np.random.default_rng(7)
X = RNG.normal(size=(3, 4, 5)).astype(np.float32)
LABELS = RNG.integers(0, 6, (4, 9))


def test_small_functions() -> None:
    x = tensor(X)
    assert nncore.swapaxes(x, 0, 2).shape == (5, 4, 3)
    assert nncore.trace(tensor([[1, 2, 3], [4, 5, 6]])).item() == 6
    assert nncore.count_nonzero(tensor(LABELS)).item() == np.count_nonzero(LABELS)
    assert np.array_equal(nncore.count_nonzero(tensor(LABELS), 1).numpy(), np.count_nonzero(LABELS, 1))
    odd = np.array([1.0, np.nan, np.inf, -np.inf], np.float32)
    assert np.array_equal(nncore.nan_to_num(tensor(odd)).numpy(), np.nan_to_num(odd))
    assert nncore.nan_to_num(tensor(odd), 7.0, 8.0, 9.0).tolist() == [1.0, 7.0, 8.0, 9.0]
    assert nncore.nan_to_num(tensor([1, 2])).tolist() == [1, 2]


def test_bincount() -> None:
    flat = LABELS.reshape(-1)
    assert np.array_equal(nncore.bincount(tensor(flat)).numpy(), np.bincount(flat))
    weights = RNG.uniform(size=flat.size)
    found = nncore.bincount(tensor(flat), tensor(weights), 9)
    assert np.allclose(found.numpy(), np.bincount(flat, weights, 9))
    assert nncore.bincount(tensor([], dtype=nncore.int64), minlength=2).tolist() == [0, 0]


@pytest.mark.parametrize(
    "values", [LABELS, LABELS[0] / 2, LABELS[:0], np.array(3), np.array([True, False, True])]
)
def test_unique(values: Any) -> None:
    values = np.asarray(values)
    found = nncore.unique(tensor(values), return_inverse=True, return_counts=True)
    expected = np.unique(values, return_counts=True)
    assert np.array_equal(found[0].numpy(), expected[0])
    assert np.array_equal(found[2].numpy(), expected[1])
    assert np.array_equal(found[0].numpy()[found[1].numpy()], values)
    assert np.array_equal(nncore.unique(tensor(values)).numpy(), expected[0])


def test_meshgrid() -> None:
    vectors = [np.arange(2), np.arange(3.0), np.arange(4)]
    for indexing in ("ij", "xy"):
        expected = np.meshgrid(*vectors, indexing=indexing)
        found = nncore.meshgrid(*map(tensor, vectors), indexing=indexing)
        assert all(np.array_equal(a.numpy(), b) for a, b in zip(found, expected, strict=True))


def test_median_takes_the_lower_of_two() -> None:
    for axis in (0, 1, -1):
        values, indices = nncore.median(tensor(X), axis)
        expected = np.sort(X, axis).take((X.shape[axis] - 1) // 2, axis)
        assert np.array_equal(values.numpy(), expected)
        found = np.take_along_axis(X, np.expand_dims(indices.numpy(), axis), axis)
        assert np.array_equal(found.squeeze(axis), expected)
    assert nncore.median(tensor(X), 1, True).values.shape == (3, 1, 5)
    assert nncore.median(tensor([3, 1, 2, 4])).item() == 2
    assert np.isnan(nncore.median(tensor([1.0, np.nan, 0.0])).item())


def test_equal_elements_share_the_gradient_of_the_median() -> None:
    x = tensor([2.0, 1.0, 2.0, 3.0], requires_grad=True)
    nncore.median(x).backward()
    nncore.median(x, 0).values.backward(tensor(8.0))
    assert x.grad is not None
    assert sorted(x.grad.tolist()) == [0.0, 0.0, 0.5, 8.5]


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("shape", [(6, 4, 3), (9, 1), (1, 5), (0, 3), (3, 0)])
def test_unique_slices(shape: tuple[int, ...], dim: int) -> None:
    values = np.random.default_rng(3).integers(0, 2, shape)
    found = nncore.unique(tensor(values), return_inverse=True, return_counts=True, dim=dim)
    expected = np.unique(values, return_inverse=True, return_counts=True, axis=dim)
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one.numpy(), other.reshape(one.shape))
    assert np.array_equal(nncore.unique(tensor(values), dim=dim).numpy(), expected[0])


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "nearest", "midpoint"])
@pytest.mark.parametrize("dim", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdim", [False, True])
def test_quantile(interpolation: Any, dim: int | None, keepdim: bool) -> None:
    x = X.astype(np.float64)
    levels = np.array([0.0, 0.3, 0.77, 1.0])
    for q in (levels, levels[1]):
        found = nncore.quantile(tensor(x), tensor(q), dim, keepdim, interpolation=interpolation)
        expected = np.quantile(x, q, axis=dim, keepdims=keepdim, method=interpolation)
        assert found.shape == expected.shape
        assert np.allclose(found.numpy(), expected)


def test_quantile_of_nan_and_its_gradient() -> None:
    x = tensor([0.0, 4.0, 1.0], requires_grad=True)
    nncore.quantile(x, 0.75).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.5, 0.5]
    assert np.isnan(nncore.quantile(tensor([1.0, np.nan]), 0.0).item())


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, float("inf")])
def test_cdist(p: float) -> None:
    a, b = X[:, :2], X[:, 1:]
    expected = np.linalg.norm(a[:, :, None] - b[:, None], p, -1)
    assert np.allclose(nncore.cdist(tensor(a), tensor(b), p).numpy(), expected, rtol=1e-5)


def test_draws_have_the_given_distribution() -> None:
    g = nncore.Generator(3)
    weights = np.array([[0.0, 1.0, 3.0, 0.0], [2.0, 0.0, 0.0, 2.0]])
    for row in (weights, weights.astype(np.float32)):
        drawn = nncore.multinomial(tensor(row), 4000, True, generator=g).numpy()
        shares = np.stack([np.bincount(r, minlength=4) / 4000 for r in drawn])
        assert np.allclose(shares, [[0, 0.25, 0.75, 0], [0.5, 0, 0, 0.5]], atol=0.03)
        assert (shares[weights == 0] == 0).all()
    both = nncore.multinomial(tensor(weights), 2, generator=g).numpy()
    assert np.array_equal(np.sort(both, 1), [[1, 2], [0, 3]])
    firsts = [nncore.multinomial(tensor([1.0, 3.0]), 1, generator=g).item() for _ in range(400)]
    assert abs(np.mean(firsts) - 0.75) < 0.08
    p = nncore.full((20_000,), 0.3)
    assert abs(nncore.bernoulli(p, generator=g).mean().item() - 0.3) < 0.02
    noise = nncore.normal(nncore.full((20_000,), 5.0), 2.0, generator=g).numpy()
    assert abs(noise.mean() - 5) < 0.1
    assert abs(noise.std() - 2) < 0.1
    assert nncore.normal(1.0, nncore.zeros(3)).tolist() == [1.0] * 3
    like = nncore.randint_like(nncore.zeros(50), 2, 5, generator=g)
    assert (like.dtype, set(like.tolist())) == (nncore.float32, {2.0, 3.0, 4.0})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.3, 4.0, 9.99, 10.0, 37.5, 2000.0])
def test_poisson(rate: float, dtype: str) -> None:
    n = 40_000
    drawn = nncore.poisson(nncore.full((n,), rate, dtype=dtype), nncore.Generator(4)).numpy()
    assert drawn.dtype == dtype
    assert np.array_equal(drawn, np.floor(np.abs(drawn)))
    assert abs(drawn.mean() - rate) < 5 * np.sqrt(rate / n)
    assert abs(drawn.var() - rate) < 5 * np.sqrt((rate + 2 * rate**2) / n)
    for k in range(max(0, int(rate - 3)), int(rate + 3)):  # the shares of the numbers around the mean
        p = math.exp(k * math.log(rate) - rate - math.lgamma(k + 1))
        assert abs((drawn == k).mean() - p) < 5 * np.sqrt(p / n)
    assert nncore.poisson(tensor([0.0, 1e12]), nncore.Generator(4)).log10().round().tolist() == [-np.inf, 12]


def test_draws_repeat_with_the_seed_and_differ_in_a_compiled_step() -> None:
    weights = tensor([1.0, 2.0, 3.0])

    def draw() -> list[Any]:
        nncore.manual_seed(5)
        return [nncore.multinomial(weights, 8, True).tolist(), nncore.bernoulli(weights / 4).tolist()]

    assert draw() == draw()
    step = nncore.compile(lambda w: nncore.multinomial(w, 8, True))
    results = {tuple(step(weights).tolist()) for _ in range(8)}
    assert len(results) > 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nncore.trace(nncore.ones(2)), ValueError, r"trace: expected a matrix, got shape \(2,\)"),
        (
            lambda: nncore.bincount(nncore.ones(2)),
            TypeError,
            "bincount: expected integers, got nncore.float32",
        ),
        (lambda: nncore.bincount(tensor([-1])), ValueError, "must not be negative, got -1"),
        (lambda: nncore.bincount(tensor([[1]])), ValueError, "bincount: expected a vector"),
        (lambda: nncore.bincount(tensor([1]), nncore.ones(2)), ValueError, "weights of the same shape"),
        (lambda: nncore.unique(tensor([1]), dim=1), IndexError, "unique: dim 1 is out of range"),
        (lambda: nncore.meshgrid(nncore.ones(2, 2)), ValueError, "meshgrid: expected vectors"),
        (lambda: nncore.meshgrid(nncore.ones(2), indexing="yx"), ValueError, "indexing is 'yx'"),
        (
            lambda: nncore.median(nncore.ones(2, 0), 1),
            IndexError,
            r"axis 1 of shape \(2, 0\) has no elements",
        ),
        (
            lambda: nncore.quantile(nncore.ones(2), 1.5),
            ValueError,
            "quantile: the levels q must be between 0 and 1",
        ),
        (lambda: nncore.quantile(tensor([1, 2]), 0.5), TypeError, "quantile: expected float32 or float64"),
        (lambda: nncore.quantile(nncore.ones(0), 0.5), ValueError, "quantile: no elements"),
        (
            lambda: nncore.cdist(nncore.ones(2, 3), nncore.ones(2, 2)),
            ValueError,
            "the last sizes must be equal",
        ),
        (lambda: nncore.normal(0.0, 1.0), TypeError, "normal: expected size with two numbers"),
        (lambda: nncore.normal(nncore.ones(2), -1.0), ValueError, "standard deviation must not be negative"),
        (lambda: nncore.bernoulli(tensor([1.5])), ValueError, "probabilities must be between 0 and 1"),
        (
            lambda: nncore.multinomial(nncore.ones(3), 4),
            ValueError,
            "4 samples of 3 weights need replacement",
        ),
        (
            lambda: nncore.multinomial(tensor([-1.0, 2.0]), 1),
            ValueError,
            "weights must be finite and not negative",
        ),
        (
            lambda: nncore.poisson(tensor([-1.0])),
            ValueError,
            "poisson: the rates must be finite and not negative",
        ),
        (lambda: nncore.poisson(tensor([1])), TypeError, "poisson: expected float32 or float64"),
        (lambda: nncore.multinomial(nncore.zeros(2), 1), ValueError, "their sum above 0"),
        (
            lambda: nncore.multinomial(tensor([1, 2]), 1),
            TypeError,
            "multinomial: expected float32 or float64",
        ),
        (lambda: nncore.multinomial(nncore.ones(2), 0), ValueError, "num_samples must be at least 1"),
    ],
)
def test_misuse(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
