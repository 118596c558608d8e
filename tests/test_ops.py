"""The table of ops against float64 NumPy and finite differences, and bit for bit over levels and threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core
from op_case import Array, Case
from op_table import BINARY, UNARY
from op_table import CASES as TABLE
from op_table_arrays import CASES as ARRAYS
from op_table_layers import CASES as LAYERS
from op_table_losses import CASES as LOSSES
from op_table_products import CASES as PRODUCTS
from op_table_select import CASES as SELECT
from op_table_sequences import CASES as SEQUENCES

CASES = [*TABLE, *ARRAYS, *SELECT, *PRODUCTS, *SEQUENCES, *LAYERS, *LOSSES]

BITS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def run(case: Case, arrays: list[Array], dtype: Any, seed: int = 5) -> tuple[Array, list[Array]]:
    """The value, and the gradient of each input for a fixed random output gradient."""
    tensors = [nncore.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
    y = case.call(*tensors)
    dy = np.random.default_rng(seed).uniform(0.5, 1.5, y.shape).astype(dtype)
    y.backward(nncore.tensor(np.asarray(dy)))
    return y.detach().numpy(), [
        t.grad.numpy() if t.grad is not None else np.zeros(t.shape, dtype) for t in tensors
    ]


def finite_differences(case: Case, arrays: list[Array], shape: tuple[int, ...], seed: int = 5) -> list[Array]:
    """Fourth-order central differences of sum(dy * truth) in every element."""
    dy = np.random.default_rng(seed).uniform(0.5, 1.5, shape)

    def value(i: int, at: tuple[int, ...], h: float) -> float:
        moved = [a.copy() for a in arrays]
        moved[i][at] += h
        return float(np.sum(dy * case.truth(*moved)))

    h = 1e-3
    gradients = [np.zeros(a.shape) for a in arrays]
    for i, a in enumerate(arrays):
        for at in np.ndindex(a.shape):
            near, far = value(i, at, h) - value(i, at, -h), value(i, at, 2 * h) - value(i, at, -2 * h)
            gradients[i][at] = (8 * near - far) / (12 * h)
    return gradients


def elements(shape: Any) -> int:
    """Of one shape, or of several together."""
    return sum(map(elements, shape)) if any(isinstance(s, tuple) for s in shape) else math.prod(shape)


def each_shape() -> list[Any]:
    return [pytest.param(case, shape, id=f"{case}-{shape}") for case in CASES for shape in case.shapes]


def test_every_elementwise_op_has_a_row() -> None:
    listed = {op["name"] for op in _core.elementwise_ops()}
    assert listed == (set(UNARY) - {"pos"}) | set(BINARY)


@pytest.mark.parametrize(("case", "shape"), each_shape())
def test_value(case: Case, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    arrays = case.make(rng, shape)
    truth = np.asarray(case.truth(*arrays), dtype=np.float64)
    for dtype in (np.float64, np.float32):
        y, _ = run(case, arrays, dtype)
        assert y.dtype == dtype
        assert y.shape == truth.shape
        scale = np.maximum(np.abs(truth), np.asarray(case.size(*arrays)) if case.size else 0.0)
        bound = (case.ulp + (4 if dtype == np.float64 else 0)) * np.finfo(
            dtype
        ).eps  # NumPy errs too in float64
        np.testing.assert_array_less(np.abs(y - truth), bound * scale + np.finfo(dtype).tiny)


@pytest.mark.parametrize(("case", "shape"), [p for p in each_shape() if elements(p.values[1]) < 1000])
def test_gradient(case: Case, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    arrays = case.make(rng, shape)
    if sum(a.size for a in arrays) > 2000:
        pytest.skip("too many differences; smaller shapes of the same op are checked")
    y, gradients = run(case, arrays, np.float64)
    _, single = run(case, arrays, np.float32)
    for exact, g, g32 in zip(finite_differences(case, arrays, y.shape), gradients, single, strict=True):
        np.testing.assert_allclose(g, exact, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(g32, g, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_bits_on_every_level_and_thread_count(case: Case, dtype: Any, rng: np.random.Generator) -> None:
    shapes = [*case.shapes, (70_001,)] if case.name in UNARY or case.name in BINARY else case.shapes
    for shape in shapes:
        arrays = case.make(rng, shape)
        results = []
        for level in _core.isa_levels():
            for threads in (1, 2):
                _core.set_isa(level)
                nncore.set_num_threads(threads)
                y, gradients = run(case, arrays, dtype)
                results.append((level, threads, [y, *gradients]))
        for level, threads, arrays_here in results[1:]:
            for a, b in zip(results[0][2], arrays_here, strict=True):
                bits = BITS[np.dtype(dtype)]
                assert np.array_equal(a.reshape(-1).view(bits), b.reshape(-1).view(bits)), (
                    level,
                    threads,
                    shape,
                )


def test_two_uses_of_one_value_add_their_gradients() -> None:
    x = nncore.tensor([1.0, -2.0], requires_grad=True)
    (x * x + nncore.exp(x)).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy() + np.exp(x.detach().numpy()), rtol=1e-6)


def test_a_long_chain_neither_recurses_backward_nor_when_freed() -> None:
    x = nncore.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 1.0
    del y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_largest_or_smallest_subnormal_is_zero(dtype: Any) -> None:
    """As in all arithmetic here, on every level alike: a maximum is no way to see one."""
    tiny = np.finfo(dtype).tiny / 4
    x = nncore.tensor(np.full((3, 40), -tiny, dtype))
    y = nncore.tensor(np.full((3, 40), tiny, dtype))
    found = [nncore.amax(x), nncore.amin(y), nncore.amax(x, 0), nncore.amin(y, 1), nncore.max(x, 1)[0]]
    found += [nncore.maximum(x, x), nncore.minimum(y, y), nncore.clamp(y, 0, 1), nncore.relu(y)]
    for value in found:
        assert (value.numpy() == 0).all()
