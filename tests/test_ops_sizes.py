"""Huge sizes raise before memory is allocated; integers wrap around on overflow."""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, tensor
from nncore.nn import functional as F

HUGE = 2**62
MOST = 2**63 - 1
AXES = nncore.ones(*[2] * 8)
NOTHING = nncore.zeros(0)

# Calls with sizes that exceed memory, and the name at the start of the message.
TOO_LARGE: list[tuple[Callable[[], Any], str]] = [
    (lambda: AXES.tile(*[10**8] * 8), "tile"),
    (lambda: AXES.tile(10**8, 1, 1, 1, 1, 1, 1, 10**8), "tile"),
    (lambda: AXES.repeat(10**8, 1, 1, 1, 1, 1, 1, 10**8), "repeat"),
    (lambda: nncore.ones(3).repeat(MOST), "repeat"),
    (lambda: nncore.zeros(0, HUGE, dtype=nncore.uint8).repeat(1, 4), "repeat"),
    (lambda: nncore.ones(3).tile(10**15), "tile"),
    (lambda: nncore.ones(3).repeat_interleave(MOST), "repeat_interleave"),
    (lambda: nncore.ones(3).repeat_interleave(10**15), "repeat_interleave"),
    (lambda: nncore.zeros(HUGE, 0, dtype=nncore.uint8).repeat_interleave(4, 0), "repeat_interleave"),
    (lambda: NOTHING.reshape(10**9, 0).split(1), "split"),
    (lambda: NOTHING.reshape(10**9, 0).chunk(10**9), "chunk"),
    (lambda: NOTHING.reshape(10**9, 0).unbind(), "unbind"),
    (lambda: NOTHING.reshape(0, HUGE, 4), "reshape"),
    (lambda: nncore.ones(4).split([HUGE, HUGE, HUGE, HUGE]), "split"),
    (lambda: nncore.ones(4).unflatten(0, (HUGE, 4, 1)), "unflatten"),
    (lambda: nncore.ones(4).unflatten(0, (2**32, 2**32, 4)), "unflatten"),
    (lambda: nncore.ones(4).unflatten(0, (-2, -2)), "unflatten"),
    (lambda: nncore.ones(4).narrow(0, 2, MOST), "narrow"),
    (lambda: nncore.ones(4).narrow(0, 2, -MOST), "narrow"),
    (lambda: nncore.ones(4, 1).expand(4, HUGE), "expand"),
    (lambda: nncore.ones(4, 1).expand(4, 10**14), "expand"),
    (lambda: nncore.ones(4, 1).broadcast_to((HUGE, HUGE, 4, 1)), "broadcast_to"),
    (lambda: F.pad(nncore.ones(2, 2), (2**39, 2**39, 2**39, 2**39)), "pad"),
    (lambda: F.pad(nncore.ones(2), (2**39, 2**39)), "pad"),
    (lambda: F.pad(nncore.ones(1, 2), (2**39, 2**39), "replicate"), "pad"),
    (lambda: F.pad(nncore.ones(2), (HUGE, HUGE)), "pad"),
    (lambda: nncore.ones(2).diag(-MOST - 1), "diag"),
    (lambda: nncore.ones(2).diag(MOST), "diag"),
    (lambda: nncore.ones(2).diag(2**30), "diag"),
    (lambda: nncore.arange(10**15), "arange"),
    (lambda: nncore.arange(-MOST, MOST), "arange"),
    (lambda: nncore.arange(0.0, 1e300), "arange"),
    (lambda: nncore.arange(0.0, 1.0, 1e-300), "arange"),
    (lambda: nncore.linspace(0, 1, MOST), "linspace"),
    (lambda: nncore.linspace(0, 1, 10**14), "linspace"),
    (lambda: nncore.linspace(0, 1, -1), "linspace"),
    (lambda: nncore.eye(MOST), "eye"),
    (lambda: nncore.eye(-1), "eye"),
    (lambda: nncore.eye(10**7), "eye"),
    (lambda: F.one_hot(tensor([MOST])), "one_hot"),
    (lambda: F.one_hot(tensor([0]), MOST), "one_hot"),
    (lambda: F.one_hot(tensor([0]), 10**14), "one_hot"),
    (lambda: nncore.randperm(10**14), "randperm"),
    (lambda: nncore.randint(0, 9, (HUGE, HUGE)), "randint"),
    (lambda: nncore.randint(0, 9, (10**14,)), "randint"),
    (lambda: nncore.full((10**14,), 1), "full"),
    (lambda: nncore.full((HUGE, HUGE), 1.0), "full"),
    (lambda: nncore.cat([nncore.zeros(0, HUGE, dtype=nncore.uint8)] * 3, 1), "cat"),
    (lambda: F.sinusoidal_positions(10**14, 2), "arange"),
]


@pytest.mark.parametrize("number", range(len(TOO_LARGE)))
def test_sizes_that_no_memory_holds(number: int) -> None:
    call, name = TOO_LARGE[number]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((ValueError, MemoryError), match=rf"^{name}: "):
        call()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def test_memory_beyond_the_machine_raises_before_it_is_written() -> None:
    with pytest.raises(MemoryError, match=r"empty: no memory for \d+ bytes, a uint8 tensor of shape \(17"):
        nncore.empty(2**44, dtype=nncore.uint8)


def test_memory_that_a_kernel_cannot_have_is_a_memory_error() -> None:
    """Backward sorts ids by row; the table has 2^40 rows without elements."""
    table = nncore.zeros(2**40, 0, requires_grad=True)
    loss = F.embedding(tensor([0]), table).sum()
    with pytest.raises(MemoryError, match="not enough memory for this call"):
        loss.backward()


# Calls with extreme sizes that have a result.
SMALL: list[tuple[Callable[[], Any], Any]] = [
    (lambda: AXES.tile(2, 2, 2, 2, 2, 2, 2, 2), np.ones([4] * 8)),
    (lambda: AXES.repeat(0, 1, 1, 1, 1, 1, 1, 10**9), np.ones((0, 2, 2, 2, 2, 2, 2, 2 * 10**9))),
    (lambda: nncore.zeros(0, 2).repeat(3, 10**9), np.ones((0, 2 * 10**9))),
    (lambda: AXES.repeat_interleave(3, 7), np.ones((*[2] * 7, 6))),
    (lambda: nncore.ones(2).repeat_interleave(0), np.ones(0)),
    (lambda: nncore.arange(9.0).split([1] * 9)[8], np.array([8.0])),
    (lambda: nncore.arange(3.0).split(MOST)[0], np.arange(3.0)),
    (lambda: nncore.arange(3.0).chunk(MOST)[2], np.array([2.0])),
    (lambda: nncore.arange(3.0)[::MOST], np.array([0.0])),
    (lambda: nncore.arange(6.0).reshape(2, 3)[::MOST, 1::MOST], np.array([[1.0]])),
    (lambda: nncore.ones(2, 3).diagonal(-MOST - 1), np.ones(0)),
    (lambda: nncore.ones(2, 3).diagonal(MOST), np.ones(0)),
    (lambda: nncore.ones(2, 3).tril(-MOST - 1), np.zeros((2, 3))),
    (lambda: nncore.arange(3.0).roll(-MOST - 1), np.roll(np.arange(3.0), (-MOST - 1) % 3)),
    (lambda: nncore.arange(-MOST, MOST, HUGE), np.arange(-MOST, MOST, HUGE)),
]


@pytest.mark.parametrize("number", range(len(SMALL)))
def test_sizes_at_the_edge(number: int) -> None:
    call, expected = SMALL[number]
    y = call()
    assert y.shape == expected.shape
    assert np.array_equal(y.numpy(), expected)


# Calls on tensors without elements but with long axes; the time must not grow with an axis.
LONG = 2**40
FLAT = nncore.zeros(2**20, 0)
NO_ELEMENTS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "sort": (lambda: nncore.zeros(LONG, 0).sort().values, (LONG, 0)),
    "cumsum": (lambda: nncore.zeros(LONG, 0).cumsum(1), (LONG, 0)),
    "softmax": (lambda: nncore.zeros(LONG, 0).softmax(1), (LONG, 0)),
    "tril": (lambda: nncore.zeros(LONG, 0).tril(), (LONG, 0)),
    "max": (lambda: nncore.zeros(LONG, 3, 0).max(1).values, (LONG, 0)),
    "argmax": (lambda: nncore.zeros(LONG, 3, 0, dtype=nncore.int64).argmax(1), (LONG, 0)),
    "amax": (lambda: nncore.zeros(LONG, 3, 0, dtype=nncore.int64).amax(1), (LONG, 0)),
    "sum": (lambda: nncore.zeros(LONG, 3, 0, dtype=nncore.int64).sum(1), (LONG, 0)),
    "var": (lambda: nncore.zeros(LONG, 3, 0).var(1), (LONG, 0)),
    "matmul": (lambda: nncore.zeros(LONG, 0, 3) @ nncore.zeros(3, 0), (LONG, 0, 0)),
    "index_select": (lambda: nncore.zeros(LONG, 5, 0).index_select(1, tensor([4])), (LONG, 1, 0)),
    "gather": (lambda: nncore.zeros(LONG, 5, 0).gather(1, nncore.zeros(LONG, 1, 0).long()), (LONG, 1, 0)),
    "cat": (lambda: nncore.cat([nncore.zeros(LONG, 0)] * 3), (3 * LONG, 0)),
    "expand": (lambda: nncore.zeros(1, 0).expand(LONG, 0), (LONG, 0)),
    "attention": (
        lambda: F.scaled_dot_product_attention(FLAT, FLAT, FLAT),
        (2**20, 0),
    ),
}


@pytest.mark.parametrize("name", NO_ELEMENTS)
def test_long_axes_without_elements(name: str) -> None:
    call, shape = NO_ELEMENTS[name]
    assert call().shape == shape


def test_an_index_into_rows_without_elements_is_checked() -> None:
    for x in (nncore.zeros(5, 0), nncore.zeros(2, 5, 0)):
        with pytest.raises(IndexError, match="index 5 at position 1 is out of range for an axis of size 5"):
            x.index_select(x.ndim - 2, tensor([4, 5]))


REPEATED: list[tuple[Callable[[Any], Any], int]] = [
    (lambda x: x.tile(2, 1, 1, 3, 1, 1, 1, 2), 12),
    (lambda x: x.repeat(1, 0, 1, 1, 1, 1, 1, 10**9), 0),
    (lambda x: x.repeat_interleave(3, 7), 3),
    (lambda x: x.repeat_interleave(0, 2), 0),
]


@pytest.mark.parametrize(("repeated", "factor"), REPEATED)
def test_gradients_of_repeated_axes(repeated: Callable[[Any], Any], factor: int) -> None:
    x = nncore.ones(*[2] * 8, requires_grad=True)
    repeated(x).sum().backward()
    assert x.grad is not None
    assert np.array_equal(x.grad.numpy(), np.full([2] * 8, factor))


LEAST = {"int32": -(2**31), "int64": -(2**63), "uint8": 0}


def _wrapped(value: int, kind: str) -> int:
    bits = {"int32": 32, "int64": 64, "uint8": 8}[kind]
    value %= 2**bits
    return value - 2**bits if kind != "uint8" and value >= 2 ** (bits - 1) else value


@pytest.mark.parametrize("kind", LEAST)
def test_integers_wrap_around(kind: str) -> None:
    """All ops of integers at the ends of their range, against Python's integers."""
    low = LEAST[kind]
    high = 2**8 - 1 if kind == "uint8" else -low - 1
    values = [low, low + 1, 0, 1, 3, high - 1, high]
    dtype = getattr(nncore, kind)
    x = tensor(np.array(values, kind))
    one: dict[str, tuple[Any, Any]] = {
        "neg": (lambda t: -t, lambda v: -v),
        "abs": (nncore.abs, abs),
        "square": (nncore.square, lambda v: v * v),
        "pow": (lambda t: t**5, lambda v: v**5),
        "add": (lambda t: t + high, lambda v: v + high),
        "sub": (lambda t: t - high, lambda v: v - high),
        "mul": (lambda t: t * high, lambda v: v * high),
    }
    for name, (call, truth) in one.items():
        y = call(x)
        assert (y.dtype, y.tolist()) == (dtype, [_wrapped(truth(v), kind) for v in values]), name
    by: dict[str, tuple[Any, Any]] = {
        "floor_divide": (lambda a, b: a // b, lambda v, w: v // w),
        "remainder": (lambda a, b: a % b, lambda v, w: v % w),
        "div trunc": (
            lambda a, b: nncore.div(a, b, rounding_mode="trunc"),
            lambda v, w: abs(v) // abs(w) * (1 if (v < 0) == (w < 0) else -1),
        ),
    }
    divisors = [w for w in (*values, -1, -3) if w != 0 and low <= w]
    for name, (call, truth) in by.items():
        for w in divisors:
            y = call(x, tensor(np.array(w, kind)))
            assert y.tolist() == [_wrapped(truth(v, w), kind) for v in values], (name, w)
    index = tensor([0] * len(values))
    added = _core.zeros(2, dtype=dtype)
    assert added.index_add(0, index, x).tolist() == [_wrapped(sum(values), kind), 0]
    assert added.scatter_add(0, index, x).tolist() == [_wrapped(sum(values), kind), 0]


def test_sums_and_products_of_integers_wrap_around() -> None:
    values = [2**62, 2**62, 3, -(2**63), 2**61, -5]
    x = tensor(values)
    sums = [_wrapped(sum(values[: i + 1]), "int64") for i in range(6)]
    products = [_wrapped(int(np.prod(np.array(values[: i + 1], object))), "int64") for i in range(6)]
    assert x.cumsum(0).tolist() == sums
    assert x.cumprod(0).tolist() == products
    assert [x.sum().item(), x.prod().item()] == [sums[-1], products[-1]]
    assert x.reshape(3, 2).sum(0).tolist() == [_wrapped(sum(values[i::2]), "int64") for i in range(2)]


def test_floats_out_of_range_become_the_nearest_integers() -> None:
    x = tensor([float("nan"), float("inf"), -float("inf"), 1e30, -1e30, 2.75, -2.75])
    assert x.to(nncore.int32).tolist() == [0, 2**31 - 1, -(2**31), 2**31 - 1, -(2**31), 2, -2]
    assert x.to(nncore.int64).tolist() == [0, MOST, -MOST - 1, MOST, -MOST - 1, 2, -2]
    assert x.to(nncore.uint8).tolist() == [0, 255, 0, 255, 0, 2, 254]


def test_random_integers_span_all_of_int64() -> None:
    x = nncore.randint(-(2**63), MOST, (1000,)).numpy()
    assert (x < -(2**62)).any()
    assert (x > 2**62).any()
