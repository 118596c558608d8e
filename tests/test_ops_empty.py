"""Every op with each axis empty: PyTorch's shapes and values, or a documented error."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nncore
from empty_axes import CASES as ROWS
from empty_axes import SIZES, Row
from op_case import Array, Case
from op_tables import CASES

DOCUMENTED = (ValueError, TypeError, IndexError)
DTYPES = [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)]


def _operand(letters: str, sizes: dict[str, int], dtype: Any) -> nncore.Tensor:
    kind, _, axes = letters.rpartition(":")
    shape = tuple(sizes[c] for c in axes)
    if kind == "i":
        return nncore.zeros(*shape, dtype=nncore.int64)
    values = np.random.default_rng(0).uniform(0.1, 0.9, shape)
    return nncore.tensor(values.astype(dtype), requires_grad=kind == "")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_combination_of_empty_axes(row: Row, dtype: Any) -> None:
    operands = row.operands.split()
    letters = sorted(set("".join(o.rpartition(":")[2] for o in operands)))
    for count in range(1, len(letters) + 1):
        for empty in itertools.combinations(letters, count):
            sizes = {c: 0 if c in empty else n for c, n in SIZES.items()}
            tensors = [_operand(o, sizes, dtype) for o in operands]
            try:
                y = row.call(nncore, *tensors)
                if y.requires_grad:
                    y.backward(nncore.ones_like(y.detach()))
            except DOCUMENTED as error:
                if not set(empty) & set(row.full):
                    raise AssertionError((empty, error)) from error
                continue
            assert y.shape == tuple(sizes[c] for c in row.result), empty
            values = y.detach().numpy()
            if row.value is not None and not set(empty) & set(row.full):
                assert np.array_equal(values, np.full(y.shape, row.value, dtype), equal_nan=True), empty
            elif row.value is None:
                assert np.isfinite(values).all(), empty
            for t in tensors:
                assert t.grad is None or t.grad.shape == t.shape, empty
                assert t.grad is None or row.value != row.value or not np.isnan(t.grad.numpy()).any(), empty


@pytest.mark.parametrize("row", [r for r in ROWS if r.full], ids=str)
def test_what_may_not_be_empty_raises(row: Row) -> None:
    for letter in row.full:
        sizes = {**SIZES, letter: 0}
        with pytest.raises(DOCUMENTED):
            row.call(nncore, *(_operand(o, sizes, np.float32) for o in row.operands.split()))


def test_attention_of_no_keys_and_of_no_heads() -> None:
    attention = nncore.nn.functional.scaled_dot_product_attention
    nothing = nncore.zeros(0, 3, 4, requires_grad=True)
    y = attention(nothing, nothing, nothing)
    y.sum().backward()
    assert y.shape == (0, 3, 4)
    assert nothing.grad is not None
    assert nothing.grad.shape == (0, 3, 4)
    q, k = nncore.ones(2, 3, 4), nncore.ones(2, 0, 4)
    assert np.array_equal(attention(q, k, k).numpy(), np.zeros((2, 3, 4)))
    v = nncore.arange(8.0).reshape(1, 4, 2)  # keys without features have equal scores
    mask = nncore.zeros(3, 4, requires_grad=True)
    for m in (None, mask):
        assert attention(nncore.ones(1, 3, 0), nncore.ones(1, 4, 0), v, m).tolist() == [[[3, 4]] * 3]


def test_no_parts_at_all() -> None:
    x = nncore.ones(3, 0, requires_grad=True)
    assert x.unbind(1) == ()
    assert x.split([], 1) == ()


def _emptied(case: Case, rng: np.random.Generator) -> Iterator[list[Array]]:
    """The case's arrays with one axis, two axes or all axes of one length empty."""
    seen = set()
    for shape in case.shapes:
        arrays = [np.asarray(a) for a in case.make(rng, shape)]
        if any(a.size > 3000 for a in arrays):
            continue
        axes = [(i, d) for i, a in enumerate(arrays) for d in range(a.ndim)]
        sets = [{axis} for axis in axes]
        if len(axes) <= 5:
            sets += [set(pair) for pair in itertools.combinations(axes, 2)]
        lengths = {arrays[i].shape[d] for i, d in axes}
        sets += [{(i, d) for i, d in axes if arrays[i].shape[d] == n} for n in lengths]
        for gone in sets:
            shapes = [
                tuple(0 if (i, d) in gone else n for d, n in enumerate(a.shape)) for i, a in enumerate(arrays)
            ]
            if tuple(shapes) not in seen:
                seen.add(tuple(shapes))
                yield [np.zeros(s) if 0 in s else a for s, a in zip(shapes, arrays, strict=True)]


# Rows whose NumPy formula ignores an operand, or gives NaN where PyTorch and nncore give 0.
OTHERWISE = ("RNN", "GRU", "LSTM", "cosine", "pad by negative", "index_copy")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_rows_of_the_table_with_empty_axes(case: Case, dtype: Any, rng: np.random.Generator) -> None:
    """The result equals NumPy's, with gradients of the operands' shapes, or the error is documented."""
    for arrays in _emptied(case, rng):
        shapes = [a.shape for a in arrays]
        tensors = [nncore.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
        try:
            y = case.call(*tensors)
            if y.requires_grad:
                y.backward(nncore.ones_like(y.detach()))
        except DOCUMENTED:
            continue
        for t in tensors:
            assert t.grad is None or t.grad.shape == t.shape, shapes
        try:
            expected = np.asarray(case.truth(*arrays))
        except Exception:  # NumPy has no result
            continue
        if not case.name.startswith(OTHERWISE):
            assert y.shape == expected.shape, shapes
            assert np.allclose(y.detach().numpy(), expected, rtol=1e-3, atol=1e-3, equal_nan=True), shapes


def test_a_tensor_without_rows_has_no_parts() -> None:
    for parts in (nncore.zeros(0, 7, requires_grad=True).unbind(), nncore.zeros(3, 0).t().unbind()):
        assert parts == ()


@pytest.mark.parametrize("axis", [0, -1])
def test_a_number_is_normalized_as_a_row_of_one(axis: int) -> None:
    x = nncore.tensor(-3.0, dtype=nncore.float64, requires_grad=True)
    y = nncore.nn.functional.normalize(x, dim=axis)
    y.backward()
    assert (y.item(), y.shape) == (-1, ())
    assert x.grad is not None
    assert x.grad.item() == 0
    assert nncore.nn.functional.cosine_similarity(x, nncore.tensor(2.0).double(), axis).item() == -1
