"""Results of users' hooks are checked when the hook returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import nncore
from nncore import Tensor, _core, nn

ROWS = 50_000


class Pair(NamedTuple):
    first: Tensor
    second: Tensor


def on_output(result: Callable[[Tensor], Any]) -> tuple[Tensor, Tensor]:
    """(a leaf, the sum of its ReLU, whose hook replaces the gradient of the output)."""
    x = nncore.ones(ROWS, 1, requires_grad=True)
    layer = nn.ReLU()
    layer.register_full_backward_pre_hook(lambda m, dy: (result(dy[0]),))
    return x, layer(x).sum()


def on_input(result: Callable[[Tensor], Any]) -> tuple[Tensor, Tensor]:
    x = nncore.ones(ROWS, 1, requires_grad=True)
    layer = nn.ReLU()
    layer.register_full_backward_hook(lambda m, dx, dy: (result(dx[0]),))
    return x, layer(x.relu()).sum()


def on_leaf(result: Callable[[Tensor], Any]) -> tuple[Tensor, Tensor]:
    x = nncore.ones(ROWS, 1, requires_grad=True)
    x.register_hook(result)
    return x, x.relu().sum()


def on_value(result: Callable[[Tensor], Any]) -> tuple[Tensor, Tensor]:
    x = nncore.ones(ROWS, 1, requires_grad=True)
    y = x.relu()
    y.register_hook(result)
    return x, y.sum()


def in_gate(result: Callable[[Tensor], Any]) -> tuple[Tensor, Tensor]:
    x = nncore.ones(ROWS, 1, requires_grad=True)
    (y,) = _core.backward_gate([x.relu()], lambda g: (result(g[0]),))
    return x, y.sum()


def in_gate_on_leaf(result: Callable[[Tensor], Any]) -> tuple[Tensor, Tensor]:
    x = nncore.ones(ROWS, 1, requires_grad=True)
    (y,) = _core.backward_gate([x], lambda g: (result(g[0]),))
    return x, y.sum()


PLACES = [on_output, on_input, on_leaf, on_value, in_gate, in_gate_on_leaf]
WRONG: dict[str, tuple[Callable[[Tensor], Any], type[Exception], str]] = {
    "fewer elements": (lambda g: nncore.ones(1, 1), ValueError, r"shape \(1, 1\)"),
    "more elements": (lambda g: nncore.ones(ROWS, 2), ValueError, rf"shape \({ROWS}, 2\)"),
    "another axis": (lambda g: g.reshape(1, ROWS), ValueError, rf"shape \(1, {ROWS}\)"),
    "flat": (lambda g: g.reshape(-1), ValueError, rf"shape \({ROWS},\)"),
    "float64": (lambda g: g.double(), TypeError, "nncore.float64|dtype float64"),
    "int64": (lambda g: g.long(), TypeError, "nncore.int64|dtype int64"),
    "a number": (lambda g: 1.0, TypeError, "returned a float"),
    "an array": (lambda g: np.ones((ROWS, 1)), TypeError, "returned a numpy.ndarray|returned a ndarray"),
    "a list": (lambda g: [g], TypeError, "returned a list"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_wrong_gradient_is_refused_where_it_returns(
    place: Callable[[Any], tuple[Tensor, Tensor]], wrong: tuple[Any, type[Exception], str]
) -> None:
    result, error, text = wrong
    x, loss = place(result)
    with pytest.raises(error, match=text):
        loss.backward()
    assert x.grad is None


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_right_gradient_is_taken(place: Callable[[Any], tuple[Tensor, Tensor]]) -> None:
    x, loss = place(lambda g: 3 * g)
    loss.backward()
    assert x.grad is not None
    assert (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype)
    assert np.array_equal(x.grad.numpy(), np.full((ROWS, 1), 3, np.float32))


def test_the_op_that_gave_a_wrong_gradient_is_named() -> None:
    x = nncore.ones(2, 3, requires_grad=True)
    (y,) = _core.backward_gate([x], lambda g: (g[0].sum(),))
    with pytest.raises(ValueError, match=r"backward: gate gave a gradient of shape \(\) for a .* \(2, 3\)"):
        y.sum().backward()


def test_a_float64_gradient_is_not_read_as_float32() -> None:
    layer = nn.Linear(3, 2)
    layer.register_full_backward_pre_hook(lambda m, dy: (dy[0].double(),))
    with pytest.raises(TypeError, match="hook of Linear returned a gradient of nncore.float64 at 0"):
        layer(nncore.ones(4, 3, requires_grad=True)).sum().backward()
    assert layer.weight.grad is None


def test_every_output_of_an_op_has_its_own_form() -> None:
    x = nncore.ones(2, 3, requires_grad=True)
    y, z = x * 2, (x * 3).sum(1).double()
    passed = _core.backward_gate([y, z], lambda g: (g[0], g[1]))
    (passed[0].sum() + passed[1].sum().float()).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[5.0] * 3] * 2
    passed = _core.backward_gate([x * 2, (x * 3).sum(1).double()], lambda g: (g[0], g[0]))
    with pytest.raises(ValueError, match=r"shape \(2, 3\) for a tensor of shape \(2,\)"):
        (passed[0].sum() + passed[1].sum().float()).backward()


def test_a_gradient_may_be_left_out() -> None:
    x, w = nncore.ones(2, requires_grad=True), nncore.ones(2, requires_grad=True)
    layer = nn.Identity()
    layer.register_full_backward_pre_hook(lambda m, dy: (None,))
    (layer(x) * 1 + w).sum().backward()
    assert x.grad is None
    assert w.grad is not None
    assert w.grad.tolist() == [1.0, 1.0]


def test_gradients_of_a_named_tuple_pass_its_hooks() -> None:
    class Both(nn.Module):
        def forward(self, x: Tensor) -> Pair:
            return Pair(x * 2, x * 3)

    model, x = Both(), nncore.ones(2, requires_grad=True)
    model.register_full_backward_hook(lambda m, dx, dy: (10 * dx[0],))
    result = model(x)
    assert type(result) is Pair
    (result.first + result.second).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [50.0, 50.0]


@pytest.mark.parametrize(
    ("result", "given"),
    [
        (lambda args, kwargs: args, "got a tuple of 1"),
        (lambda args, kwargs: (args[0], kwargs), r"got \(Tensor, dict\)"),
        (lambda args, kwargs: (args, None), r"got \(tuple, NoneType\)"),
        (lambda args, kwargs: args[0], "got Tensor"),
    ],
)
def test_arguments_from_a_forward_pre_hook(result: Callable[..., Any], given: str) -> None:
    layer = nn.Identity()
    layer.register_forward_pre_hook(lambda m, args, kwargs: result(args, kwargs), with_kwargs=True)
    with pytest.raises(TypeError, match=given):
        layer(nncore.ones(2))


@pytest.mark.parametrize(
    ("grad", "error", "text"),
    [
        (nncore.ones(3), ValueError, r"grad: shape \(3,\) does not match the tensor's shape \(2,\)"),
        (
            nncore.ones(2, dtype=nncore.float64),
            TypeError,
            "grad: dtype float64 does not match the tensor's dtype float32",
        ),
        (np.ones(2, np.float32), TypeError, "ndarray"),
    ],
)
def test_a_gradient_set_by_hand(grad: Any, error: type[Exception], text: str) -> None:
    x = nncore.ones(2, requires_grad=True)
    with pytest.raises(error, match=text):
        x.grad = grad
    assert x.grad is None
