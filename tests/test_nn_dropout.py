"""Dropout: frequencies, random numbers of the mask, modes and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn import functional as F


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_share_that_falls_out(p: float) -> None:
    n = 100_000
    y = F.dropout(nncore.ones(n), p).numpy()
    assert abs((y == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / n)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - p), rtol=1e-6)


@pytest.mark.parametrize("shape", [(1,), (33,), (70_001,), (5, 4, 3)])
def test_backward_has_the_mask_of_forward(shape: tuple[int, ...]) -> None:
    for _ in range(2):
        x = nncore.ones(shape, requires_grad=True)
        y = F.dropout(x, 0.4)
        y.sum().backward()
        assert x.grad is not None
        assert np.array_equal(x.grad.numpy(), y.detach().numpy())


def test_each_call_draws_new_numbers_and_a_seed_repeats_them() -> None:
    x = nncore.ones(1000)
    nncore.manual_seed(3)
    first, second = F.dropout(x).numpy(), F.dropout(x).numpy()
    assert not np.array_equal(first, second)
    nncore.manual_seed(3)
    assert np.array_equal(first, F.dropout(x).numpy())


def test_float64_has_the_mask_of_float32() -> None:
    both = []
    for dtype in (nncore.float32, nncore.float64):
        nncore.manual_seed(1)
        both.append(F.dropout(nncore.ones(999, dtype=dtype), 0.25).numpy() != 0)
    assert np.array_equal(*both)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("f", [F.dropout, F.dropout1d, F.alpha_dropout])
def test_same_bits_for_any_threads(f: Any, threads: int, rng: np.random.Generator) -> None:
    x = nncore.tensor(rng.normal(size=(64, 129, 33)).astype(np.float32))
    both = []
    for count in (1, threads):
        nncore.set_num_threads(count)
        nncore.manual_seed(0)
        both.append(f(x, 0.3).numpy())
    assert np.array_equal(*both)


def test_whole_channels_fall_out() -> None:
    y = F.dropout2d(nncore.ones(20, 30, 4, 4)).numpy().reshape(600, 16)
    assert set(y.sum(1)) == {0.0, 32.0}
    assert 200 < (y[:, 0] == 0).sum() < 400


def test_alpha_dropout_keeps_mean_and_variance(rng: np.random.Generator) -> None:
    y = F.alpha_dropout(nncore.tensor(rng.normal(size=200_000)), 0.3).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03


def test_modes() -> None:
    x = nncore.ones(50)
    layer = nn.Dropout(0.5)
    assert 0 in layer(x).tolist()
    assert layer.eval()(x).tolist() == x.tolist()
    assert F.dropout(x, 0.0).tolist() == x.tolist()
    assert F.dropout(x, 1.0).tolist() == [0.0] * 50
    assert F.dropout(nncore.zeros(0), 0.5).shape == (0,)
    assert F.dropout(x, 0.5, training=False).tolist() == x.tolist()
    assert repr(nn.Dropout()) == "Dropout(p=0.5, inplace=False)"
    assert not layer.state_dict()


def test_all_dropped_gives_no_gradient() -> None:
    x = nncore.ones(5, requires_grad=True)
    F.dropout(x, 1.0).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0] * 5


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.Dropout(1.5), ValueError, "at most 1, got 1.5"),
    (lambda: nn.Dropout(float("nan")), ValueError, "p must be finite"),
    (lambda: F.dropout(nncore.ones(2), -0.1), ValueError, "p is -0.1"),
    (lambda: F.dropout(nncore.ones(2), float("nan"), False), ValueError, "p is nan"),
    (lambda: F.dropout(nncore.tensor([1])), TypeError, "int64"),
    (lambda: F.dropout2d(nncore.ones(2)), ValueError, "axis of channels"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
