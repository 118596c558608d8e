"""x[index] = value against NumPy, and its gradients against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor

MASK = np.array([[True, False, True, False], [False] * 4, [True] * 4])
INDICES: dict[str, Any] = {
    "integer": 1,
    "negative": -1,
    "two integers": (1, 2),
    "slice": slice(1, 3),
    "steps": (slice(None, None, 2), slice(1, None, 2)),
    "all": slice(None),
    "ellipsis": (..., 1),
    "none": (None, 1),
    "none inside": (1, None, slice(0, 2)),
    "empty slice": slice(2, 2),
    "list": [2, 0],
    "repeated": [1, 1],
    "array": np.array([2, 0]),
    "array and slice": (slice(None), np.array([3, 0])),
    "array and integer": (np.array([2, 0]), 1),
    "arrays": (np.array([0, 2]), np.array([3, 1])),
    "arrays, broadcast": (np.array([[0], [2]]), np.array([3, 1])),
    "negative array": np.array([-1, 0]),
    "mask": MASK,
    "mask of rows": np.array([True, False, True]),
    "mask of columns": (slice(None), np.array([True, False, True, True])),
    "empty mask": np.zeros((3, 4), bool),
    "none and mask": (None, np.array([True, False, True])),
    "true": True,
    "false": False,
    "true and integer": (1, True),
    "slice and true": (slice(None), True),
    "true and array": (True, np.array([0, 1])),
    "true apart from an array": (True, slice(None), np.array([0, 1])),
    "mask without axes": np.array(True),
}


def _values(name: str, shape: tuple[int, ...]) -> Any:
    numbers = np.random.default_rng(1).normal(size=shape)
    if name == "repeated":  # NumPy also writes in order
        numbers = np.broadcast_to(numbers[-1:], shape).copy()
    return numbers


def _index(index: Any) -> Any:
    """The index with tensors in place of arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    tensors = tuple(nncore.tensor(p) if isinstance(p, np.ndarray) else p for p in parts)
    return tensors if isinstance(index, tuple) else tensors[0]


@pytest.mark.parametrize("form", ["whole", "row", "number", "tensor of one", "leading axes"])
@pytest.mark.parametrize("name", INDICES)
def test_values_against_numpy(name: str, form: str) -> None:
    index = INDICES[name]
    expected = np.arange(12.0).reshape(3, 4)
    selected = expected[index]
    whole = _values(name, selected.shape)
    value: Any = {
        "whole": whole,
        "row": whole[..., :1] if whole.ndim else whole,
        "number": 2.5,
        "tensor of one": np.array([7.5]),
        "leading axes": whole[None, None],
    }[form]
    x = nncore.arange(12.0).double().reshape(3, 4)
    memory, before = x.detach(), x._version
    x[_index(index)] = nncore.tensor(value) if form != "number" else value
    expected[index] = {"leading axes": whole, "tensor of one": 7.5}.get(form, value)
    np.testing.assert_array_equal(x.numpy(), expected)
    np.testing.assert_array_equal(memory.numpy(), expected)
    assert x._version > before or selected.size == 0


# The gradient goes to each value of a repeated position, as in PyTorch.
@pytest.mark.parametrize("name", [name for name in INDICES if name != "repeated"])
def test_gradients(name: str) -> None:
    index = _index(INDICES[name])
    shape = np.arange(12.0).reshape(3, 4)[INDICES[name]].shape
    weights = nncore.tensor(np.random.default_rng(2).normal(size=(3, 4)))
    values = _values(name, shape)

    def loss(x: Tensor, v: Tensor) -> Tensor:
        y = x * 2
        y[index] = v * 3
        return (y * y * weights).sum()

    x = nncore.tensor(np.random.default_rng(3).normal(size=(3, 4)), requires_grad=True)
    for v in (nncore.tensor(values, requires_grad=True), nncore.tensor(0.7).double().requires_grad_()):
        assert nncore.autograd.gradcheck(loss, (x, v))


def test_values_of_other_kinds() -> None:
    x = nncore.zeros(2, 3)
    x[0] = [1, 2, 3]
    x[1] = np.array([4, 5, 6])
    x[1, 1] = np.float32(9)
    x[1, 2] = True
    assert x.tolist() == [[1, 2, 3], [4, 9, 1]]
    i = nncore.zeros(3, dtype=nncore.int64)
    i[0], i[1], i[2] = 2**60, 2.7, nncore.tensor(3.9)
    assert i.tolist() == [2**60, 2, 3]
    flags = nncore.zeros(3, dtype=nncore.bool)
    flags[1:] = 5
    assert flags.tolist() == [False, True, True]
    point = nncore.zeros(())
    point[...] = 4
    point[()] = point + 1
    assert point.item() == 5


def test_one_value_where_a_mask_is_true() -> None:
    x = nncore.arange(4.0)
    x[x > 1] = -1
    x[x == 0] = nncore.tensor([5.0])
    assert x.tolist() == [5, 1, -1, -1]


BYTES = nncore.tensor(MASK.astype(np.uint8))
# The index, and the index with the same meaning in NumPy. As in PyTorch, uint8 is a mask, and a list with
# other items than numbers is a tuple.
MEANINGS: dict[str, tuple[Any, Any]] = {
    "mask of bytes": (BYTES, MASK),
    "array of bytes": (MASK.astype(np.uint8), MASK),
    "bytes of rows": (BYTES[:, 0], MASK[:, 0]),
    "bytes of columns": ((slice(None), BYTES[0]), (slice(None), MASK[0])),
    "range": (range(2), [0, 1]),
    "empty range": (range(0), slice(0)),
    "range and list": ((range(2), [3, 1]), ([0, 1], [3, 1])),
    "range and tensor": ((range(2), nncore.tensor([3, 1])), ([0, 1], [3, 1])),
    "tuple of columns": ((slice(None), (0, 2)), (slice(None), [0, 2])),
    "tuple of rows": (((2, 0),), [2, 0]),
    "list of lists": ([[0, 1], [1, 2]], ([0, 1], [1, 2])),
    "list of one list": ([[2, 0]], [2, 0]),
    "list in a tuple": (([[0, 1], [1, 2]],), np.array([[0, 1], [1, 2]])),
    "list of tensors": ([nncore.tensor([0, 1]), nncore.tensor([2, 1])], ([0, 1], [2, 1])),
    "list of numbers without axes": ([nncore.tensor(1), nncore.tensor(2)], (1, 2)),
    "list of an integer and a list": ([1, [1, 2]], (1, [1, 2])),
    "list with a slice": ([slice(1, 3), 0], (slice(1, 3), 0)),
    "list with none": ([None, 1], (None, 1)),
    "list with an ellipsis": ([..., 1], (..., 1)),
    "list of integers": ([np.int64(2), 0], [2, 0]),
    "list of bytes": ([np.uint8(1), np.uint8(0), np.uint8(1)], [0, 2]),
    "list of truths": ([True, False, True], [0, 2]),
}


@pytest.mark.parametrize("name", MEANINGS)
def test_indices_mean_what_they_mean_in_pytorch(name: str) -> None:
    index, same = MEANINGS[name]
    expected = np.arange(12.0).reshape(3, 4)
    x = nncore.tensor(expected)
    np.testing.assert_array_equal(x[index].numpy(), expected[same])
    x[index] += 100
    expected[same] += 100
    np.testing.assert_array_equal(x.numpy(), expected)
    x[index] = nncore.zeros(expected[same].shape).double()
    expected[same] = 0
    np.testing.assert_array_equal(x.numpy(), expected)


def test_a_long_list_of_tensors_is_one_index() -> None:
    assert nncore.arange(40.0)[[nncore.tensor(i) for i in range(33)]].shape == (33,)


ERRORS: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "out of range": (3, 0, IndexError, "3"),
    "array out of range": ([0, 7], 0, IndexError, "7"),
    "too many": ((0, 0, 0), 0, IndexError, "3 indices"),
    "shape": (0, np.ones(3), ValueError, r"\(3,\) cannot be broadcast to \(4,\)"),
    "shape of rows": ([0, 1], np.ones((3, 4)), ValueError, r"\(3, 4\) cannot be broadcast to \(2, 4\)"),
    "mask shape": (np.array([True, False]), 0, IndexError, "mask of shape"),
    "negative step": (slice(None, None, -1), 0, ValueError, "step"),
    "float index": (1.5, 0, TypeError, "expected an int"),
    "text": (0, "a", TypeError, "NumPy dtype"),
    "none": (0, None, TypeError, "NumPy dtype"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_misuse(name: str) -> None:
    index, value, error, text = ERRORS[name]
    x = nncore.ones(3, 4)
    with pytest.raises(error, match=text):
        x[_index(index)] = value
    assert x.sum().item() == 12
