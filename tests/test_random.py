"""Random numbers: the distributions, and that they depend on seed and position only."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core


def draws(generator: nncore.Generator, n: int) -> list[Any]:
    options: dict[str, Any] = {"generator": generator}
    return [
        nncore.rand(n, **options).numpy(),
        nncore.randn(n, **options).numpy(),
        nncore.rand(n, dtype=nncore.float64, **options).numpy(),
        nncore.randn(n, dtype=nncore.float64, **options).numpy(),
        nncore.randint(-3, 10, (n,), **options).numpy(),
        nncore.randperm(n, **options).numpy(),
        nncore.poisson(nncore.arange(float(n)) / 100, **options).numpy(),
    ]


@pytest.mark.parametrize("n", [0, 1, 5, 1023, 50_001])
def test_same_numbers_on_every_level_and_thread_count(n: int) -> None:
    results = []
    for level in _core.isa_levels():
        for threads in (1, 2):
            _core.set_isa(level)
            nncore.set_num_threads(threads)
            results.append(draws(nncore.Generator(7), n))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_other_ways_to_ask_draw_the_same() -> None:
    like = nncore.zeros(3, 4, dtype=nncore.float64)
    f32, f64 = nncore.float32, nncore.float64
    pairs: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
        (lambda g: nncore.rand(3, 4, dtype=f64, generator=g), lambda g: nncore.rand_like(like, generator=g)),
        (
            lambda g: nncore.randn(3, 4, generator=g),
            lambda g: nncore.randn_like(like, dtype=f32, generator=g),
        ),
        (lambda g: nncore.randint(0, 9, (5,), generator=g), lambda g: nncore.randint(9, (5,), generator=g)),
    ]
    for one, other in pairs:
        a, b = one(nncore.Generator(7)), other(nncore.Generator(7))
        assert a.dtype == b.dtype
        assert a.tolist() == b.tolist()
    assert nncore.randn_like(like, requires_grad=True).requires_grad


def test_state_continues_the_sequence() -> None:
    generator = nncore.Generator(3)
    draws(generator, 10)
    state = generator.get_state()
    copies = [nncore.Generator(99), pickle.loads(pickle.dumps(generator)), copy.deepcopy(generator)]
    copies[0].set_state(state)
    expected = draws(generator, 10)
    for other in copies:
        assert other.initial_seed() == 3
        for a, b in zip(expected, draws(other, 10), strict=True):
            np.testing.assert_array_equal(a, b)


def test_draws_do_not_repeat() -> None:
    a, b = nncore.rand(1000).numpy(), nncore.rand(1000).numpy()
    assert not np.intersect1d(a, b).size > 5


@pytest.mark.parametrize("dtype", [nncore.float32, nncore.float64], ids=str)
def test_moments(dtype: nncore.dtype) -> None:
    n = 400_000
    u, z = nncore.rand(n, dtype=dtype).numpy(), nncore.randn(n, dtype=dtype).numpy()
    assert u.min() >= 0
    assert u.max() < 1
    # Five standard errors of each moment.
    assert abs(u.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / n)
    assert abs(u.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / n)
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 5 * np.sqrt(96 / n)
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 5 / np.sqrt(n)


def test_integers_are_equally_likely() -> None:
    counts = np.bincount(nncore.randint(0, 7, (70_000,)).numpy(), minlength=7)
    assert len(counts) == 7
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 35  # chi-square with 6 degrees of freedom, p < 1e-5


@pytest.mark.parametrize("n", [0, 1, 2, 1000])
def test_permutation(n: int) -> None:
    order = nncore.randperm(n).numpy()
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    assert n < 10 or (order != np.arange(n)).any()


@pytest.mark.parametrize(
    ("fill", "low", "high"),
    [(lambda t: _core.uniform_(t, -2.0, 3.0), -2, 3), (lambda t: _core.normal_(t, 1.0, 0.0), 1, 1)],
)
def test_fill_in_place(fill: Callable[[nncore.Tensor], None], low: float, high: float) -> None:
    t = nncore.zeros(5, 3)
    fill(t)
    assert low <= t.numpy().min()
    assert t.numpy().max() <= high
