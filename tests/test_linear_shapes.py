"""The linear layer and its backward (products NT, NN, TN) over every small shape, on every level."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core

BITS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


Array = np.ndarray[Any, Any]


def gradient(t: nncore.Tensor) -> Array:
    assert t.grad is not None
    return t.grad.numpy()


def step(m: int, n: int, k: int, dtype: type) -> list[Array]:
    rng = np.random.default_rng((m, n, k))
    arrays: list[Array] = [rng.standard_normal(s).astype(dtype) for s in ((m, k), (n, k), (n,), (m, n))]
    x, w, b, dy = arrays
    tx, tw, tb = inputs = [nncore.tensor(a, requires_grad=True) for a in (x, w, b)]
    y = _core.linear(tx, tw, tb)
    y.backward(nncore.tensor(dy))
    x64, w64, dy64 = (a.astype(np.float64) for a in (x, w, dy))
    truth = [
        x64 @ w64.T + b,
        dy64 @ w64,
        dy64.T @ x64,
        dy64.sum(0),
    ]
    sizes = [
        np.abs(x) @ np.abs(w).T + np.abs(b),
        np.abs(dy) @ np.abs(w),
        np.abs(dy).T @ np.abs(x),
        np.abs(dy).sum(0),
    ]
    results = [y.detach().numpy(), *(gradient(t) for t in inputs)]
    for result, exact, size in zip(results, truth, sizes, strict=True):
        bound = 8 * np.finfo(dtype).eps * size + np.finfo(dtype).tiny
        assert (np.abs(result - exact) <= bound).all(), (m, n, k, _core.isa())
    return results


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 17, 33, 65])
def test_every_number_of_rows(n: int, dtype: type, thorough: bool) -> None:
    lengths = (0, 1, 2, 9, 40)
    for m in [*range(71), 96, 97, 130]:
        for k in lengths if thorough else (lengths[m % 5], lengths[(m + 2) % 5]):
            first: list[Array] | None = None
            for level in _core.isa_levels():
                _core.set_isa(level)
                results = step(m, n, k, dtype)
                first = first or results
                for a, b in zip(first, results, strict=True):
                    bits = BITS[np.dtype(dtype)]
                    assert np.array_equal(a.view(bits), b.view(bits)), (m, n, k, level)


@pytest.mark.parametrize("k", [300, 5000])
@pytest.mark.parametrize("n", [7, 70])
def test_a_row_does_not_depend_on_the_others(n: int, k: int, isa: str, threads: int) -> None:
    """Row i of a product has the same bits for any number of other rows."""
    rng = np.random.default_rng(0)
    x, w = (nncore.tensor(rng.standard_normal(s).astype(np.float32)) for s in ((150, k), (n, k)))
    whole = _core.linear(x, w).numpy()
    for m in (1, 2, 5, 6, 7, 12, 13, 14, 31, 48, 49, 64, 149):
        np.testing.assert_array_equal(_core.linear(x[:m], w).numpy(), whole[:m])


SHAPES = [(1, 1, 1), (5, 3, 7), (600, 9, 20), (300, 150, 4), (700, 130, 30), (4100, 9, 4), (0, 3, 2)]


@pytest.mark.parametrize("activation", ["", "relu", "sigmoid", "tanh", "gelu", "silu"])
@pytest.mark.parametrize("shape", SHAPES)
def test_fused_layer_equals_its_parts(
    activation: str, shape: tuple[int, int, int], isa: str, threads: int
) -> None:
    """activation(x w^T + b) in one call, and its backward in one call, have the bits of separate calls."""
    m, n, k = shape
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(s).astype(np.float32) for s in ((m, k), (n, k), (n,))]
    dy = nncore.tensor(rng.standard_normal((m, n)).astype(np.float32))
    results = []
    for fused in (True, False):
        x, w, b = (nncore.tensor(a, requires_grad=True) for a in arrays)
        if fused:
            y = _core.linear(x, w, b, activation)
        else:
            z = x @ w.T + b
            y = getattr(nncore, activation)(z) if activation else z
        y.backward(dy)
        results.append([y.detach().numpy(), gradient(x), gradient(w), gradient(b)])
    for first, second in zip(*results, strict=True):
        assert np.array_equal(first.view(np.int32), second.view(np.int32))


def fused() -> list[str]:
    """All unary functions that linear can fuse."""
    one = nncore.ones(1, 1)
    names = []
    for name in (op["name"] for op in _core.elementwise_ops()):
        with suppress(ValueError):
            _core.linear(one, one, None, name)
            names.append(name)
    return [name for name in names if hasattr(_core, name)]


@pytest.mark.parametrize("activation", fused())
def test_every_function_of_the_list_fuses(activation: str, isa: str) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.05, 0.2, s).astype(np.float32) for s in ((19, 8), (21, 8), (21,))]
    dy = nncore.tensor(rng.standard_normal((19, 21)).astype(np.float32))
    x, w, b = (nncore.tensor(a, requires_grad=True) for a in arrays)
    u, v, c = (nncore.tensor(a, requires_grad=True) for a in arrays)
    y = _core.linear(x, w, b, activation)
    z = getattr(_core, activation)(u @ v.T + c)
    assert np.array_equal(y.detach().numpy().view(np.int32), z.detach().numpy().view(np.int32))
    if y.requires_grad:
        y.backward(dy)
        z.backward(dy)
        for first, second in ((x, u), (w, v), (b, c)):
            assert np.array_equal(gradient(first).view(np.int32), gradient(second).view(np.int32))


@pytest.mark.parametrize("wanted", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1)])
@pytest.mark.parametrize("activation", ["", "tanh"])
@pytest.mark.parametrize("shape", [(5, 3, 7), (520, 40, 30), (4200, 9, 4)])
def test_gradients_not_asked_for_change_nothing(
    shape: tuple[int, int, int], activation: str, wanted: tuple[int, ...], threads: int
) -> None:
    m, n, k = shape
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(s) for s in ((m, k), (n, k), (n,))]
    dy = nncore.tensor(rng.standard_normal((m, n)))
    gradients: list[list[Array | None]] = []
    for flags in ((1, 1, 1), wanted):
        x, w, b = inputs = [
            nncore.tensor(a, requires_grad=bool(f)) for a, f in zip(arrays, flags, strict=True)
        ]
        y = _core.linear(x, w, b, activation)
        y.backward(dy)
        gradients.append([gradient(t) if f else None for t, f in zip(inputs, flags, strict=True)])
    for every, some in zip(*gradients, strict=True):
        assert some is None or np.array_equal(every, some)
