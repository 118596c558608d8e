"""Shapes, results and memory of compiled steps; threads, processes and copies."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import nncore
from compile_twin import batches, bits, mlp, pair, plain, train
from nncore import Tensor, _core, nn
from nncore.nn import functional as F


class Both(NamedTuple):
    total: Tensor
    parts: dict[str, Tensor]


def test_new_shapes_and_types_get_plans_of_their_own() -> None:
    eager, compiled = pair(plain)
    step: Any = compiled.step
    rows = [8] * 6 + [3] + [8] * 6 + [3, 8, 3, 8, 3, 8] + [1] * 4
    for n in rows:
        ((x, y),) = batches(1, nncore.float32, n)
        assert bits(eager.step(x, y)) == bits(step(x, y))
    assert eager.state() == compiled.state()
    assert step.plans == 3
    assert step.captures + step.audits + step.replays == len(rows)
    assert step.captures <= 7


def test_empty_batches_and_other_types() -> None:
    def double(x: Tensor) -> Tensor:
        return (x * 2).sum(0)

    compiled = nncore.compile(double)
    for dtype in (nncore.float32, nncore.float64, nncore.int64):
        for shape in ((0, 3), (1, 3), (2, 3)):
            for _ in range(4):
                x = nncore.ones(*shape, dtype=dtype)
                assert bits(compiled(x)) == bits(double(x))
    assert (compiled.captures, compiled.plans) == (18, 9)


def test_the_least_recently_used_plan_goes_first() -> None:
    compiled = nncore.compile(lambda x: x * 2, cache_size=2)
    for n in (1, 2, 1, 3, 1):
        for _ in range(4):
            assert compiled(nncore.ones(n)).shape == (n,)
    assert compiled.captures == 6  # 1 was used between 2 and 3, so 2 was evicted
    assert compiled.replays == 20 - 6 - compiled.audits
    compiled(nncore.ones(2))
    assert (compiled.captures, compiled.plans) == (7, 1)


@pytest.mark.parametrize("value", [True, 2, 2.5, "add", None, -0.0, float("inf"), (1, "x"), np.float32(2.5)])
def test_constant_arguments(value: Any) -> None:
    def step(x: Tensor, how: Any, *, scale: float = 1.0) -> Tensor:
        if isinstance(how, (bool, int, float)):
            return x * how * scale
        return x + len(str(how)) * scale

    compiled = nncore.compile(step)
    plain_value = value.item() if isinstance(value, np.generic) else value
    for _ in range(4):
        x = nncore.randn(3)
        assert bits(compiled(x, value)) == bits(step(x, plain_value))
        assert bits(compiled(x, value, scale=3.0)) == bits(step(x, plain_value, scale=3.0))
        assert bits(compiled(x, 0.0)) == bits(step(x, 0.0))
        assert bits(compiled(x, how=value)) == bits(step(x, plain_value))
    assert compiled.plans == 4
    assert compiled.captures == 8


def test_true_is_not_one_and_zero_is_not_minus_zero() -> None:
    compiled = nncore.compile(lambda x, a: x * a if not isinstance(a, bool) else x - 5)
    for _ in range(4):
        found = [compiled(nncore.ones(1), a).numpy()[0] for a in (1, True, 0.0, -0.0, 1.0)]
        assert found == [1, -4, 0, 0, 1]
        assert np.signbit(found[3])
        assert not np.signbit(found[2])


RESULTS: dict[str, Any] = {
    "tensor": lambda t: t,
    "none": lambda t: None,
    "zero": lambda t: 0,
    "false": lambda t: False,
    "pair": lambda t: (t, t + 1),
    "the same twice": lambda t: [t, t],
    "nested": lambda t: {"a": [t, (t * 2, None)], "b": 3, "c": "text"},
    "namedtuple": lambda t: Both(t.sum(), {"t": t}),
    "view": lambda t: (t.reshape(-1), t),
    "empty": lambda t: (),
    "no elements": lambda t: t[:0],
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("source", ["made", "argument", "constant"])
def test_results_of_every_form(make: Any, source: str) -> None:
    constant = nncore.randn(2, 3)

    def step(x: Tensor) -> Any:
        return make({"made": x * 2, "argument": x, "constant": constant}[source])

    def plain_form(value: Any) -> Any:
        if isinstance(value, Tensor):
            return bits(value)
        if isinstance(value, dict):
            return {name: plain_form(item) for name, item in value.items()}
        return type(value), [plain_form(v) for v in value] if isinstance(value, (list, tuple)) else value

    compiled = nncore.compile(step)
    for _ in range(5):
        x = nncore.randn(2, 3)
        assert plain_form(compiled(x)) == plain_form(step(x))
    assert (compiled.captures, compiled.audits, compiled.replays) == (2, 1, 2)


def test_results_and_gradients_that_are_held_stay_as_they_are() -> None:
    run = plain().compiled()
    parameter = next(run.model.parameters())
    held: list[tuple[Any, bytes]] = []
    for x, y in batches(60, nncore.float32):
        loss = run.step(x, y)
        assert parameter.grad is not None
        held += [(loss, bits(loss)), (parameter.grad, bits(parameter.grad))]
        view = parameter.grad.reshape(-1)
        held += [(view, bits(view)), (loss.numpy(), loss.numpy().tobytes())]
        if len(held) > 40:
            held = held[9:]
        for value, before in held:
            assert (value.tobytes() if isinstance(value, np.ndarray) else bits(value)) == before
    assert len({before for _, before in held}) > 10


def test_a_replay_adds_to_a_gradient_set_by_hand() -> None:
    model = mlp()

    def step(x: Tensor) -> None:
        (model(x) * model(x)).sum().backward()

    compiled = nncore.compile(step)
    x = nncore.randn(8, 5)
    for _ in range(6):
        compiled(x)
    parameter = next(model.parameters())
    found = []
    for run in (step, compiled):
        parameter.grad = mine = nncore.ones(*parameter.shape)
        run(x)
        assert parameter.grad is mine
        found.append(bits(mine))
    assert found[0] == found[1] != bits(nncore.ones(*parameter.shape))


def test_backward_copies_the_gradient_it_is_given() -> None:
    parameter, gradient = nn.Parameter(nncore.ones(3)), nncore.ones(3)
    parameter.backward(gradient)
    parameter.backward(gradient)
    assert gradient.tolist() == [1, 1, 1]
    assert parameter.grad is not None
    assert parameter.grad.tolist() == [2, 2, 2]


def test_gradients_of_an_argument() -> None:
    model = mlp()
    model.requires_grad_(False)

    def saliency(x: Tensor) -> Tensor | None:
        x.requires_grad_()
        (model(x) * model(x)).sum().backward()
        return x.grad

    compiled = nncore.compile(saliency)
    for x, _ in batches(8, nncore.float32):
        expected = saliency(x.clone())
        found = compiled(x)
        assert found is not None
        assert expected is not None
        assert bits(found) == bits(expected)
    assert (compiled.captures, compiled.audits, compiled.replays) == (2, 2, 4)


def test_memory_does_not_grow() -> None:
    parameter = nn.Parameter(nncore.ones(4))
    optimizer = nncore.optim.SGD([parameter], lr=1e-9)

    @nncore.compile
    def step(x: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = (parameter * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    x = nncore.ones(4)
    for _ in range(20):
        step(x)
    before = _core.memory_stats()["in_use"]
    for _ in range(20_000):
        step(x)
    assert _core.memory_stats()["in_use"] == before
    assert step.captures + step.audits + step.replays == 20_020


@pytest.mark.filterwarnings("ignore:compile. the last 10 calls")
def test_captures_that_are_never_repeated_give_their_memory_back() -> None:
    model = mlp()
    compiled = nncore.compile(lambda x: model(x).sum(), cache_size=4)
    sizes = []
    for n in range(1, 60):
        compiled(nncore.ones(100 + n % 7, 5))
        sizes.append(_core.memory_stats()["in_use"])
    assert max(sizes[20:]) <= max(sizes[:20]) + 4096


def test_models_given_up_after_a_capture() -> None:
    """Objects that a capture refers to may die before the capture."""
    steps = []
    for i in range(12):
        model = mlp()
        step = nncore.compile(lambda x, m=model: m(x))
        for n in range(1, 2 + i % 4):
            step(nncore.ones(n, 5))
        model.double()  # the old parameters are freed; the step and its records stay
        steps.append(step)
        usable = mlp()
        assert bits(nncore.compile(usable)(nncore.ones(2, 5))) == bits(usable(nncore.ones(2, 5)).detach())
    steps.clear()


def test_a_compiled_step_inside_another() -> None:
    model = mlp()
    inner = nncore.compile(lambda x: model(x).tanh())
    for _ in range(4):
        inner(nncore.ones(8, 5))
    outer = nncore.compile(lambda x: inner(x) * 2 + inner(x * 0.5))
    for x, _ in batches(8, nncore.float32):
        expected = model(x).tanh() * 2 + model(x * 0.5).tanh()
        assert bits(outer(x)) == bits(expected.detach())
        assert bits(inner(x)) == bits(model(x).tanh().detach())
    assert (outer.captures, outer.audits, outer.replays) == (2, 2, 4)


def test_two_threads_call_one_step() -> None:
    model = nn.Sequential(nn.Linear(5, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh(), nn.Linear(200, 3))
    compiled = nncore.compile(model)
    inputs = [x for x, _ in batches(8, nncore.float32, 400)]
    expected = [bits(model(x).detach()) for x in inputs]
    compiled(inputs[0])
    compiled(inputs[0])
    outcomes: list[bool] = []

    def work() -> None:
        for _ in range(6):
            outcomes.extend(bits(compiled(x)) == right for x, right in zip(inputs, expected, strict=True))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 96


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_replays() -> None:
    script = """
import os, nncore
from nncore import nn
nncore.set_num_threads(2)
model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256))
step = nncore.compile(model)
x = nncore.randn(256, 64)
for _ in range(20):
    right = step(x).numpy().tobytes()
child = os.fork()
if child == 0:
    os._exit(0 if all(step(x).numpy().tobytes() == right for _ in range(20)) else 1)
assert os.waitpid(child, 0)[1] == 0
assert step(x).numpy().tobytes() == right
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_copies_of_model_optimizer_and_step() -> None:
    run = plain()
    step = nncore.compile(run.step)
    data = list(batches(20, nncore.float32))
    for x, y in data[:8]:
        step(x, y)
    copies = [
        copy.deepcopy((run.model, run.optimizers[0])),
        pickle.loads(pickle.dumps((run.model, run.optimizers[0]))),
    ]
    copied = copy.deepcopy(step)
    assert (copied.captures, copied.plans) == (0, 0)
    steps = [nncore.compile(train(*pieces)) for pieces in copies]
    for x, y in data[8:]:
        loss = bits(step(x, y))
        assert [bits(other(x, y)) for other in steps] == [loss, loss]


def test_a_module_with_a_compiled_method_is_copied() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(5, 3)
            self.fast = nncore.compile(self.forward)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x)  # type: ignore[no-any-return]

    model = Model()
    x = nncore.randn(2, 5)
    for _ in range(4):
        model.fast(x)
    other = copy.deepcopy(model)
    _core.assign_(other.layer.weight, 0.0)
    for _ in range(4):
        assert bits(other.fast(x)) == bits(other(x).detach())
        assert bits(model.fast(x)) == bits(model(x).detach())
    assert bits(model.fast(x)) != bits(other.fast(x))


def test_gradient_mode_is_given_back() -> None:
    compiled = nncore.compile(mlp())
    for x, _ in batches(4, nncore.float32):
        compiled(x)
        assert nncore.is_grad_enabled()
    with nncore.set_grad_enabled(False):
        assert not nncore.is_grad_enabled()
    assert nncore.is_grad_enabled()

    @nncore.set_grad_enabled(False)
    def decorated() -> bool:
        return nncore.is_grad_enabled()

    assert nncore.is_grad_enabled()
    assert not decorated()
    assert nncore.is_grad_enabled()
    loss = F.mse_loss(nncore.ones(2, requires_grad=True), nncore.zeros(2))
    assert loss.requires_grad


@pytest.mark.slow
def test_a_million_replays_need_no_more_memory_than_a_thousand() -> None:
    model = mlp()
    step = nncore.compile(train(model, nncore.optim.Adam(model.parameters())))
    x, y = next(batches(1, nncore.float32))

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(1_000):
        step(x, y)
    before = resident(), _core.memory_stats()["in_use"]
    for _ in range(1_000_000):
        step(x, y)
    assert step.replays >= 999_000
    assert _core.memory_stats()["in_use"] <= before[1]
    assert resident() - before[0] < 1 << 20
