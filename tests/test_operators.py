"""Operators between tensors and other objects, and NumPy's functions of tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor, tensor

COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod]
ARITHMETIC += [operator.floordiv]
BITWISE = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
X = np.array([[1.0, 2.0, 5.0], [4.0, 3.0, 0.5]], np.float32)
ROW = np.array([4.0, 2.0, 3.0])


@pytest.mark.parametrize("op", [*COMPARISONS, *ARITHMETIC])
@pytest.mark.parametrize("make", [np.asarray, np.ndarray.tolist, lambda x: tuple(x.tolist())])
def test_arrays_lists_and_tuples_are_operands(op: Callable[..., Any], make: Callable[..., Any]) -> None:
    other = make(ROW)
    x = tensor(X)
    for y, expected in ((op(x, other), op(X, ROW)), (op(other, x), op(ROW, X))):
        assert isinstance(y, Tensor)
        assert np.allclose(y.numpy(), expected, rtol=1e-6)
    if isinstance(other, np.ndarray):
        assert op(x, other).dtype == (nncore.bool if op in COMPARISONS else nncore.float64)


@pytest.mark.parametrize("op", BITWISE)
def test_bits_of_arrays_and_lists(op: Callable[..., Any]) -> None:
    a, b = np.array([5, -7, 12, 0]), np.array([3, 1, 2, 4])
    for y in (op(tensor(a), b), op(a, tensor(b)), op(tensor(a), b.tolist()), op(tensor(a), tensor(b))):
        assert isinstance(y, Tensor)
        assert np.array_equal(y.numpy(), op(a, b))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_bits_of_each_dtype(dtype: str) -> None:
    a = np.array([0, 1, 5, 100, 127], dtype)
    x = tensor(a)
    assert np.array_equal((x & 6).numpy(), a & 6)
    assert np.array_equal((3 ^ x).numpy(), 3 ^ a)
    assert np.array_equal((x << 1).numpy(), a << np.asarray(1, dtype))
    assert np.array_equal(nncore.bitwise_not(x).numpy(), ~a)
    assert ((x >> 1).dtype, (~x).dtype) == (x.dtype, x.dtype)
    assert (x << 64).tolist() == (x >> 64).tolist() == [0] * 5


def test_bits_of_bools_and_mixed_dtypes() -> None:
    mask = tensor([True, False, True])
    assert (mask & np.array([True, True, False])).tolist() == [True, False, False]
    assert (np.array([True, True, False]) | mask).tolist() == [True, True, True]
    assert (mask ^ True).tolist() == [False, True, False]
    assert (~mask).tolist() == [False, True, False]
    assert (mask & 3).dtype == nncore.int64
    assert (tensor([1, 2], dtype=nncore.uint8) | tensor([256, 0])).tolist() == [257, 2]
    assert (tensor([-8]) >> 1).tolist() == [-4]
    assert (tensor([-8]) >> 99).tolist() == [-1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nncore.ones(2) & nncore.ones(2), "bitwise_and: expected integers or bools, got float32"),
        (lambda: nncore.ones(2) | 1, "bitwise_or: expected integers or bools, got float32"),
        (lambda: ~nncore.ones(2), "bitwise_not: expected integers or bools, got float32"),
        (lambda: tensor([True]) << tensor([True]), "bitwise_left_shift: expected integers, got bools"),
        (lambda: nncore.bitwise_xor(tensor([1]), "a"), "bitwise_xor: expected a tensor, an int or an array"),
        (lambda: tensor([1]) & "a", "unsupported operand"),
        (lambda: tensor([1]) + "a", "unsupported operand"),
        (lambda: nncore.ones(2) < None, "not supported between"),
        (lambda: nncore.ones(2) < "a", "not supported between"),
        (lambda: nncore.ones(2) + np.array(["a", "b"]), "NumPy dtype <U1 is not supported"),
        (lambda: nncore.eq(nncore.ones(2), "a"), "eq: expected a tensor, a number or an array, got str"),
    ],
)
def test_other_operands_raise(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_shapes_must_broadcast() -> None:
    for call in (lambda: nncore.ones(3) == np.ones(2), lambda: np.ones(2) + nncore.ones(3)):
        with pytest.raises(ValueError, match="do not broadcast"):
            call()


@pytest.mark.parametrize("other", [None, "x", {"a": 1}, object(), ["a", "b", "c"], np.array(["a", "b", "c"])])
def test_incomparable_objects_are_not_equal(other: Any) -> None:
    x = nncore.ones(3)
    assert (x == other) is False
    assert (x != other) is True


def test_gradients_flow_through_operations_with_arrays() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    (x * np.array([3.0, 4.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 4.0]


def test_products_with_arrays() -> None:
    x = tensor(X)
    for y, expected in ((x @ ROW, X @ ROW), (ROW[:2] @ x, ROW[:2] @ X), (x @ ROW.tolist(), X @ ROW)):
        assert isinstance(y, Tensor)
        assert np.allclose(y.numpy(), expected)
    with pytest.raises(TypeError, match="unsupported operand"):
        x @ "a"


def test_numpy_scalars_are_numbers() -> None:
    x = tensor([1.0, 2.0])
    for y in (np.float64(2) * x, x * np.float64(2), np.float32(2) * x):
        assert (y.dtype, y.tolist()) == (nncore.float32, [2.0, 4.0])
    assert (np.float64(1.5) < x).tolist() == [False, True]
    assert (tensor([1, 2]) == np.int64(2)).tolist() == [False, True]


def test_functions_of_numpy() -> None:
    x, pred = tensor(X), tensor([1, 2, 3, 4])
    assert np.mean(pred == np.array([1, 2, 0, 4])) == 0.75
    assert np.sum(x) == X.sum()
    assert np.array_equal(np.mean(x, axis=0), X.mean(0))
    assert np.array_equal(np.stack([x, x]), np.stack([X, X]))
    assert np.argmax(x) == X.argmax()
    y: Any = np.exp(x)
    assert isinstance(y, Tensor)
    assert np.allclose(y.numpy(), np.exp(X))
    total: object = np.add(X, x)
    assert isinstance(total, Tensor)
    assert np.isnan(x).dtype == nncore.bool


def test_numpy_refuses_tensors_that_require_a_gradient() -> None:
    w = nncore.ones(2, requires_grad=True)
    for call in (lambda: np.exp(w), lambda: np.mean(w), lambda: np.stack([w, w])):
        with pytest.raises(RuntimeError, match=r"NumPy computes no gradient for a tensor that requires grad"):
            call()
