"""Gradients as values, hooks, and the check of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor, _core, autograd, nn, tensor


def leaf(*values: float) -> Tensor:
    return tensor([float(v) for v in values], requires_grad=True)


def test_grad_of_leaves_and_intermediate_values() -> None:
    x, w = leaf(1, 2), leaf(3, 4)
    y = x * w
    found = autograd.grad((y * y).sum(), (x, y, w), retain_graph=True)
    assert [g.tolist() for g in found if g is not None] == [[18.0, 64.0], [6.0, 16.0], [6.0, 32.0]]
    assert x.grad is None
    assert w.grad is None
    twice = autograd.grad([y, y], [x], [tensor([1.0, 0.0]), tensor([0.0, 1.0])], retain_graph=True)
    assert twice[0] is not None
    assert twice[0].tolist() == [3.0, 4.0]
    assert autograd.grad(y, x, tensor([1.0, 1.0]))[0].tolist() == [3.0, 4.0]  # type: ignore[union-attr]


def test_grad_says_what_is_impossible() -> None:
    x, other = leaf(1, 2), leaf(1)
    y = x * x
    with pytest.raises(RuntimeError, match=r"input 0, of shape \(1,\), was not used"):
        autograd.grad(y.sum(), other, retain_graph=True)
    assert autograd.grad(y.sum(), (other, x), retain_graph=True, allow_unused=True)[0] is None
    zero = autograd.grad(y.sum(), other, retain_graph=True, materialize_grads=True)[0]
    assert zero is not None
    assert zero.tolist() == [0.0]
    with pytest.raises(ValueError, match="grad: create_graph=True is not supported"):
        autograd.grad(y.sum(), x, create_graph=True)
    with pytest.raises(ValueError, match="grad: is_grads_batched=True is not supported"):
        autograd.grad(y.sum(), x, is_grads_batched=True)
    with pytest.raises(ValueError, match="needs the gradient argument"):
        autograd.grad(y, x)
    with pytest.raises(ValueError, match="1 outputs but 2 grad_outputs"):
        autograd.grad(y, x, [None, None])
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        autograd.grad(y.sum(), tensor([1.0]))
    with pytest.raises(RuntimeError, match="does not require a gradient and was not made from one"):
        autograd.grad(tensor(1.0), x)
    autograd.grad(y.sum(), x)
    with pytest.raises(RuntimeError, match="values saved by mul were freed by an earlier backward"):
        autograd.grad(y.sum(), x)


def test_hooks_see_the_whole_gradient_once_and_may_replace_it() -> None:
    x, seen = leaf(1, 2), []
    y = x * 3
    x.register_hook(lambda g: seen.append(("x", g.tolist())))

    def note_and_scale(g: Tensor) -> Tensor:
        seen.append(("y", g.tolist()))
        return g * 10

    handle = y.register_hook(note_and_scale)
    (y * 2 + y).sum().backward()  # y is used twice, x once
    assert seen == [("y", [3.0, 3.0]), ("x", [90.0, 90.0])]
    assert x.grad is not None
    assert x.grad.tolist() == [90.0, 90.0]
    handle.remove()
    handle.remove()
    (x + x).sum().backward()  # the gradients of both uses of a leaf are added
    assert seen[2:] == [("x", [2.0, 2.0])]
    with x.register_hook(lambda g: g * 0):
        pass
    assert x.grad.tolist() == [92.0, 92.0]


def test_hooks_that_are_wrong() -> None:
    x = leaf(1, 2)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        tensor([1.0]).register_hook(print)
    with pytest.raises(TypeError, match="expected a function, got int"):
        x.register_hook(3)
    for result, error, text in [
        (1, TypeError, "returned a int"),
        (tensor([1.0]), ValueError, r"of shape \(1,\)"),
    ]:
        with x.register_hook(lambda g, result=result: result), pytest.raises(error, match=text):
            x.sum().backward()
    with x.register_hook(lambda g: 1 / 0), pytest.raises(ZeroDivisionError):
        x.sum().backward()
    x.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0]


def test_retained_gradients() -> None:
    x = leaf(1, 2)
    y = x * x
    y.retain_grad()
    y.retain_grad()
    x.retain_grad()  # no effect on a leaf
    assert (y.retains_grad, x.retains_grad) == (True, False)
    (y * 3).sum().backward(retain_graph=True)
    assert y.grad is not None
    assert y.grad.tolist() == [3.0, 3.0]
    y.sum().backward()
    assert y.grad.tolist() == [4.0, 4.0]
    y.grad = None
    assert y.grad is None
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        tensor([1.0]).retain_grad()


def test_backward_adds_to_a_gradient_set_by_hand() -> None:
    x, given = leaf(1, 2), tensor([10.0, 20.0])
    x.grad = given
    (x * x).sum().backward()
    assert x.grad is given
    assert given.tolist() == [12.0, 24.0]
    memory = np.array([1.0, 1.0], np.float32)
    memory.flags.writeable = False
    matrix = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    for leaf_, kept in ((leaf(1, 2), nncore.from_numpy(memory)), (matrix, nncore.ones(2, 2).T)):
        leaf_.grad = kept  # read-only memory, and a copy of what is a view in PyTorch
        leaf_.sum().backward()
        assert leaf_.grad is not kept
        assert (kept == 1).all()
        assert (leaf_.grad == 2).all()


def test_module_hooks_see_gradients_of_inputs_and_outputs() -> None:
    class Two(nn.Module):
        def forward(self, a: Tensor, b: Tensor, scale: float) -> tuple[Tensor, Tensor]:
            return a * b, b * scale

    model = Two()
    seen: list[Any] = []
    model.register_full_backward_pre_hook(lambda m, dy: (dy[0] * 2, dy[1]))
    handle = model.register_full_backward_hook(
        lambda m, dx, dy: seen.append((m is model, [g and g.tolist() for g in dx], [g.tolist() for g in dy]))
    )
    a, b = leaf(1), leaf(5)
    y, z = model(a, b, 3.0)
    (y + z).sum().backward()
    assert seen == [(True, [[10.0], [5.0], None], [[2.0], [1.0]])]
    assert a.grad is not None
    assert a.grad.tolist() == [10.0]
    handle.remove()
    model(a, b, 1.0)[0].sum().backward()
    assert len(seen) == 1

    linear = nn.Linear(2, 1)  # no input requires a gradient: the hook still runs
    linear.register_full_backward_hook(lambda m, dx, dy: seen.append((dx, dy[0].shape)))
    linear(nncore.ones(3, 2)).sum().backward()
    assert seen[1] == ((None,), (3, 1))
    with nncore.no_grad():
        linear(nncore.ones(3, 2))


def test_module_hook_with_the_wrong_number_of_gradients() -> None:
    layer = nn.ReLU()
    layer.register_full_backward_hook(lambda m, dx, dy: (dx[0], dx[0]))
    with pytest.raises(RuntimeError, match="returned 2 gradients, expected 1"):
        layer(leaf(1)).sum().backward()


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_gradcheck_accepts_what_is_right(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    x, y = (tensor(rng.uniform(0.5, 2, shape), requires_grad=True) for _ in "xy")
    assert autograd.gradcheck(lambda a, b: (a * b.log(), a.sum()), (x, y), rtol=1e-6)
    assert autograd.gradcheck(lambda a, n: a**n, (x, 3))


def test_gradcheck_names_what_is_wrong() -> None:
    def wrong(a: Tensor, b: Tensor) -> Any:
        return _core.backward_gate([a * b], lambda g: (g[0] * 2,))[0] if a.requires_grad else a * b

    a = tensor(np.ones((2, 2)), requires_grad=True)
    b = tensor(np.full((2, 2), 3.0))
    with pytest.raises(
        autograd.GradcheckError,
        match=r"d output 0\[0, 0\] / d input 0\[0, 0\] is 6 but the finite difference is 3",
    ):
        autograd.gradcheck(wrong, (a, b))
    assert not autograd.gradcheck(wrong, (a, b), raise_exception=False)
    with pytest.raises(TypeError, match="input 0 is nncore.float32; expected float64"):
        autograd.gradcheck(nncore.exp, leaf(1))
    with pytest.raises(ValueError, match="no input requires a gradient"):
        autograd.gradcheck(nncore.exp, tensor([1.0]))
