"""Writes in captured steps: ordinary calls, which replays repeat with the same bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor, nn
from nncore.errors import CaptureError

N = 70_000  # elements: more than four pieces
State = dict[str, Any]
Step = Callable[[State, Tensor], Any]


def _sgd(s: State, x: Tensor) -> Any:
    w = s["w"]
    w.grad = None
    loss = ((w * x - 1) ** 2).mean()
    loss.backward()
    with nncore.no_grad():
        w -= 0.1 * w.grad
    return loss


def _momentum(s: State, x: Tensor) -> Any:
    w, v = s["w"], s["v"]
    loss = ((w * x - 1) ** 2).mean()
    loss.backward()
    with nncore.no_grad():
        v.mul_(0.9).add_(w.grad)
        w.add_(v, alpha=-0.1)
        w.grad.zero_()
    return loss


def _data(s: State, x: Tensor) -> Any:
    w = s["w"]
    w.grad = None
    loss = ((w * x - 1) ** 2).mean()
    loss.backward()
    w.data = w.data - 0.1 * w.grad.data
    w.data.clamp_(-2, 2)
    return loss


def _average(s: State, x: Tensor) -> Any:
    s["v"].lerp_(x, 0.1)
    s["v"][1:3] = x[:2] * 2
    s["v"][x > 2] = 0
    s["v"][s["i"]] = x[s["i"]]
    return s["v"].sum()


def _inside(s: State, x: Tensor) -> Any:
    y = nncore.zeros(N)
    y += x
    y[3:] *= s["v"][3:]
    y.clamp_(max=1.0)
    h = s["w"] * y
    h += 1
    h[0] = s["w"][1]
    s["w"].grad = None
    h.sum().backward()
    with nncore.no_grad():
        s["w"].sub_(s["w"].grad)
    return h.sum().detach()


def _random(s: State, x: Tensor) -> Any:
    s["v"].normal_().mul_(x)
    s["v"][:5].clone().uniform_()
    noise = nncore.zeros(N).bernoulli_(0.5)
    s["w"].data += noise
    return s["v"].sum()


STEPS: dict[str, Step] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "data": _data,
    "average": _average,
    "inside": _inside,
    "random": _random,
}


def _state(size: int) -> State:
    rng = np.random.default_rng(0)
    return {
        "w": nncore.tensor(rng.normal(size=size).astype(np.float32), requires_grad=True),
        "v": nncore.tensor(rng.normal(size=size).astype(np.float32)),
        "i": nncore.tensor([0, 5]),
    }


@pytest.mark.parametrize("name", STEPS)
def test_replays_write_the_same_bits(name: str) -> None:
    xs = [nncore.tensor(np.random.default_rng(i).normal(size=N).astype(np.float32)) for i in range(7)]
    results = []
    for captured in (False, True):
        nncore.manual_seed(1)
        state = _state(N)
        step = nncore.compile(lambda x, s=state: STEPS[name](s, x)) if captured else None
        losses = [(step(x) if step else STEPS[name](state, x)).item() for x in xs]
        if step:
            assert step.replays >= 3
        results.append((losses, *(t.detach().numpy() for t in state.values())))
    for eager, replayed in zip(*results, strict=True):
        np.testing.assert_array_equal(eager, replayed)


def test_a_step_writes_its_argument() -> None:
    @nncore.compile
    def step(x: Tensor) -> Tensor:
        x += 1
        x[0] = 5
        return x.sum()

    for _ in range(6):
        x = nncore.zeros(3)
        version = x._version
        assert step(x).item() == 7
        assert x.tolist() == [5, 1, 1]
        assert x._version > version
    assert step.replays > 0
    array = np.zeros(3, np.float32)
    step(array)
    assert array.tolist() == [5, 1, 1]
    array.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        step(array)


def test_replaced_values_are_noticed() -> None:
    model = nn.Linear(2, 1, bias=False)
    step = nncore.compile(lambda x: model(x))
    x = nncore.ones(1, 2)
    for _ in range(4):
        step(x)
    model.weight.data = nncore.tensor([[3.0, 4.0]])
    assert step(x).item() == 7
    model.weight.data.zero_()
    assert step(x).item() == 0


def _exchanged(p: Tensor, q: Tensor, x: Tensor) -> None:
    p.data, q.data = q.data, p.data


def _old_kept(p: Tensor, q: Tensor, x: Tensor) -> Tensor:
    old = p.data
    p.data = p.data - x
    return old - p.data


def _new_kept(p: Tensor, q: Tensor, x: Tensor) -> None:
    new = p.data - x
    p.data = new
    new.zero_()


def _gradient(p: Tensor, q: Tensor, x: Tensor) -> None:
    (p * x).sum().backward()
    q.data = p.grad.detach() if p.grad is not None else x


def _argument(p: Tensor, q: Tensor, x: Tensor) -> None:
    p.data = x


@pytest.mark.parametrize("share", [_exchanged, _old_kept, _new_kept, _gradient, _argument])
def test_data_with_shared_memory_is_refused(share: Callable[..., Any]) -> None:
    p, q = nncore.ones(3, requires_grad=True), nncore.zeros(3)

    @nncore.compile
    def step(x: Tensor) -> Tensor:
        share(p, q, x)
        return q.sum()

    with pytest.raises(CaptureError, match=r"data: another tensor.* memory.* Use copy_\(\) under no_grad"):
        step(nncore.ones(3))


def test_steps_do_not_count_as_tensors_with_shared_memory() -> None:
    def train(compiled: bool) -> list[float]:
        w = nncore.ones(3, requires_grad=True)

        def shrink(x: Tensor) -> Tensor:
            w.data = w.data - 0.1 * x
            return w.detach()

        def double(x: Tensor) -> Tensor:
            w.data = w.data * 2 * x
            return w.sum()

        steps = [nncore.compile(f) if compiled else f for f in (shrink, double)]
        return [step(nncore.ones(n)).sum().item() for _ in range(8) for n in (3, 1) for step in steps]

    assert train(compiled=True) == train(compiled=False)


def test_a_recorded_write_to_an_outside_tensor_is_refused() -> None:
    w, total = nncore.ones(2, requires_grad=True), nncore.zeros(2)

    @nncore.compile
    def step(x: Tensor) -> Tensor:
        nonlocal total
        total += w * x
        return x.sum()

    with pytest.raises((CaptureError, RuntimeError), match="tensor"):
        step(nncore.ones(2))
