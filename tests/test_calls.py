"""The fast path from Python to an op behaves as the general path."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor

OPERATORS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "remainder": lambda a, b: a % b,
    "floor_divide": lambda a, b: a // b,
    "pow": lambda a, b: a**b,
}


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    return nncore.tensor([1.5, 4.0, 9.0]), nncore.tensor([2.0, 3.0, 0.5])


@pytest.mark.parametrize("name", [*OPERATORS, "maximum", "minimum", "fmod"])
def test_binary_calls_agree(name: str, pair: tuple[Tensor, Tensor]) -> None:
    a, b = pair
    function, method = getattr(nncore, name), getattr(a, name)
    named = {"exponent" if name == "pow" else "other": b}
    ways = [function(a, b), function(a, **named), function(input=a, **named), method(b), method(**named)]
    if name in OPERATORS:
        ways += [OPERATORS[name](a, b), getattr(a, f"__{operator_name(name)}__")(b)]
    for y in ways[1:]:
        assert y.tolist() == ways[0].tolist()


def operator_name(name: str) -> str:
    return {"div": "truediv", "remainder": "mod", "floor_divide": "floordiv"}.get(name, name)


@pytest.mark.parametrize("name", ["exp", "neg", "gelu", "relu"])
def test_unary_calls_agree(name: str, pair: tuple[Tensor, Tensor]) -> None:
    a, _ = pair
    function = getattr(nncore, name)
    assert function(a).tolist() == function(input=a).tolist() == getattr(a, name)().tolist()


@pytest.mark.parametrize("wrong", [None, "a", object(), {1.0}])
def test_wrong_operands_are_refused(wrong: Any, pair: tuple[Tensor, Tensor]) -> None:
    a, _ = pair
    exp: Any = nncore.exp
    calls: tuple[Callable[[], object], ...] = (
        lambda: nncore.add(a, wrong),
        lambda: exp(wrong),
        lambda: exp(a, wrong),
        lambda: a + wrong,
        lambda: wrong / a,
        lambda: nncore.maximum(a, wrong),
    )
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_shapes_that_do_not_meet_are_named(pair: tuple[Tensor, Tensor]) -> None:
    a, _ = pair
    b = nncore.ones(2)
    calls: tuple[Callable[[], object], ...] = (lambda: nncore.add(a, b), lambda: a + b, lambda: a.add(b))
    for call in calls:
        with pytest.raises(ValueError, match=r"add.*\(3,\).*\(2,\)"):
            call()


class Louder(Tensor):
    def __add__(self, other: Any) -> Any:
        return "louder"

    def __rmul__(self, other: Any) -> Any:
        return "reflected"


def test_operators_of_a_subclass_are_heard(pair: tuple[Tensor, Tensor]) -> None:
    a, b = pair
    x = Louder(a)
    assert x + b == "louder"
    assert a * x == "reflected"
    assert (b + x).tolist() == (b + a).tolist()
    assert (x - b).tolist() == (a - b).tolist()


def test_one_value_has_one_object() -> None:
    x = nncore.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    assert x.grad is x.grad
    kept = x * 2
    values = [kept]
    assert values[0] is kept
    assert Tensor(kept) is not kept


def test_objects_are_freed_and_weak_references_told(pair: tuple[Tensor, Tensor]) -> None:
    a, b = pair
    told = []
    y = a + b
    weak = weakref.ref(y, lambda _: told.append(True))
    array = y.numpy()
    del y
    gc.collect()
    assert weak() is None
    assert told == [True]
    np.testing.assert_allclose(array, [3.5, 7.0, 9.5])  # the array keeps the memory alive


def test_references_are_counted(pair: tuple[Tensor, Tensor]) -> None:
    a, b = pair
    counts = [sys.getrefcount(o) for o in (a, b, Tensor)]
    for _ in range(100):
        nncore.add(a, b)
        a + b
        a + 1.0
        nncore.exp(a)
        with pytest.raises(TypeError):
            nncore.exp(None)  # type: ignore[arg-type]
    gc.collect()
    assert [sys.getrefcount(o) for o in (a, b, Tensor)] == counts
