"""Writes inside a graph: gradients as PyTorch recorded them, and values that backward needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor
from write_programs import PROGRAMS, gradients

RECORDED = json.loads((Path(__file__).parent / "data" / "write_gradients.json").read_text())


def _compare(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for key, value in theirs.items():
        expected = np.zeros(3) if value is None else value
        np.testing.assert_allclose(ours[key] or 0.0, expected, rtol=1e-5, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_those_of_pytorch(name: str) -> None:
    _compare(gradients(nncore, PROGRAMS[name]), RECORDED[name])


@pytest.mark.parametrize("name", PROGRAMS)
def test_records_are_those_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    _compare(gradients(torch, PROGRAMS[name]), RECORDED[name])


def _pair() -> tuple[Any, Any]:
    x = nncore.tensor([0.5, 1.0], requires_grad=True)
    return x, x.exp()


def test_saved_values_stay_right() -> None:
    x, y = _pair()
    node = y.grad_fn
    same = y
    y += 1
    assert y is same
    assert (node, y.grad_fn) == ("exp", "add_scalar")
    (y * y).sum().backward()
    e = np.exp([0.5, 1.0])
    np.testing.assert_allclose(x.grad.numpy(), 2 * (e + 1) * e, rtol=1e-6)


CHANGES: dict[str, Callable[[Tensor], Any]] = {
    "add_": lambda t: t.add_(1),
    "zero_": lambda t: t.zero_(),
    "normal_": lambda t: t.normal_(),
    "copy_": lambda t: t.copy_(nncore.zeros(2)),
    "index": lambda t: t.__setitem__(0, 1.0),
    "array": lambda t: t.__setitem__([0, 1], 1.0),
    "data": lambda t: t.data.mul_(2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_write_that_is_not_recorded_is_noticed_by_backward(name: str) -> None:
    _, y = _pair()
    with nncore.no_grad():
        CHANGES[name](y)
    with pytest.raises(RuntimeError, match="exp needs .* modified in place"):
        y.sum().backward()
    constant, w = nncore.ones(2), nncore.ones(2, requires_grad=True)
    z = constant * w
    CHANGES[name](constant)
    with pytest.raises(RuntimeError, match="mul needs .* modified in place"):
        z.sum().backward()


HOLDERS: dict[str, Callable[[Tensor], Any]] = {
    "view": lambda t: t.view(2, 1),
    "detach": lambda t: t.detach(),
    "array": lambda t: t.detach().numpy(),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_shared_memory_is_not_left_behind(name: str) -> None:
    _, y = _pair()
    y.view(2, 1)  # ends here
    other = HOLDERS[name](y)
    for write in CHANGES.values():
        if write is CHANGES["data"]:
            continue
        with pytest.raises(RuntimeError, match=r"shares the memory.*y = y \+ 1"):
            write(y)
    assert y.grad_fn == "exp"
    del other
    y += 1
    assert y.grad_fn == "add_scalar"


def test_an_array_is_not_left_behind() -> None:
    x = nncore.from_numpy(np.zeros(2, np.float32))
    with pytest.raises(RuntimeError, match=r"NumPy array.*y = y \+ 1"):
        x += nncore.ones(2, requires_grad=True)


def test_a_leaf_without_gradient_joins_a_graph() -> None:
    w: Any = nncore.tensor([2.0, 3.0], requires_grad=True)
    x = nncore.zeros(2)
    x[1] = w[0] * w[1]
    assert x.requires_grad
    assert not x.is_leaf
    x.sum().backward()
    assert w.grad.tolist() == [3, 2]


def test_values_are_copied_and_not_shared() -> None:
    w = nncore.ones(2, requires_grad=True)
    y = w * 1
    y.copy_(w)
    with nncore.no_grad():
        y += 5
    assert w.tolist() == [1, 1]


def test_hooks_and_retained_gradients_belong_to_the_value_they_were_set_on() -> None:
    _, y = _pair()
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y *= 3
    y.sum().backward()
    assert seen == [[3, 3]]
    y.retain_grad()
    with pytest.raises(RuntimeError, match="mul: retain_grad"):
        y *= 2


def test_gradients_may_be_changed() -> None:
    w: Any = nncore.ones(2, requires_grad=True)
    w.register_hook(lambda g: g.clamp_(-1, 1))
    (w * 5).sum().backward()
    assert w.grad.tolist() == [1, 1]
    w.grad += 1
    w.grad.data.mul_(2)
    w.grad[0] = 0
    (w * 5).sum().backward()
    assert w.grad.tolist() == [1, 5]
