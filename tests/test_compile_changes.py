"""Changes between replays have an effect: arguments, rates, states, modes, numbers that a step reads."""

from __future__ import annotations

import copy
import functools
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import Run, batches, bits, mlp, pair, plain, train
from nncore import Tensor, nn
from nncore.optim import SGD, Optimizer
from nncore.optim import lr_scheduler as lrs

Change = Callable[[Run], Any]


def sgd() -> Run:
    model = mlp()
    optimizer = SGD(model.parameters(), lr=0.1)
    return Run(train(model, optimizer), model, [optimizer])


def setting(**values: Any) -> Change:
    return lambda run: run.optimizers[0].param_groups[0].update(values)


def load_optimizer(run: Run) -> None:
    run.optimizers[0].load_state_dict(copy.deepcopy(run.optimizers[0].state_dict()))


def load_model(run: Run) -> None:
    run.model.load_state_dict({name: 0.5 * value for name, value in run.model.state_dict().items()})


def freeze(run: Run) -> None:
    parameter = next(run.model.parameters())
    parameter.requires_grad = not parameter.requires_grad


def new_weight(run: Run) -> None:
    model: Any = run.model
    model[0].weight = nn.Parameter(0.5 * model[0].weight.detach())
    for optimizer in run.optimizers:
        optimizer.param_groups[0]["params"] = list(model.parameters())
        optimizer.state.clear()


def new_layer(run: Run) -> None:
    model: Any = run.model
    model[1] = nn.ReLU()


def unfreeze(run: Run) -> None:
    extra = nn.Parameter(nncore.ones(3))
    model: Any = run.model
    model[2].bias = extra
    run.optimizers[0].add_param_group({"params": extra, "lr": 0.3})


def own_gradients(run: Run) -> None:
    for parameter in run.model.parameters():
        parameter.grad = nncore.ones(*parameter.shape)


def other_parameters(run: Run) -> None:
    group = run.optimizers[0].param_groups[0]
    group["params"] = group["params"][1:] + group["params"][:1]
    run.optimizers[0].state = defaultdict(dict)


def fewer_parameters(run: Run) -> None:
    group = run.optimizers[0].param_groups[0]
    group["params"] = group["params"][:-1] or list(run.model.parameters())


def gradient_hook(run: Run) -> None:
    next(run.model.parameters()).register_hook(lambda gradient: gradient * 0.5)


CHANGES: dict[str, tuple[Callable[[], Run], Change]] = {
    "lr": (sgd, setting(lr=0.01)),
    "lr of adam": (plain, setting(lr=0.001)),
    "betas": (plain, setting(betas=(0.5, 0.6))),
    "weight decay": (plain, setting(weight_decay=0.1)),
    "maximize": (sgd, setting(maximize=True)),
    "momentum": (sgd, setting(momentum=0.9)),
    "amsgrad": (plain, setting(amsgrad=True)),
    "optimizer.load_state_dict": (plain, load_optimizer),
    "model.load_state_dict": (plain, load_model),
    "requires_grad": (plain, freeze),
    "parameter replaced": (sgd, new_weight),
    "layer replaced": (plain, new_layer),
    "add_param_group": (sgd, unfreeze),
    "state cleared": (plain, lambda run: run.optimizers[0].state.clear()),
    "state of one parameter popped": (plain, lambda run: run.optimizers[0].state.popitem()),
    "gradients of the user": (plain, own_gradients),
    "other state": (plain, other_parameters),
    "fewer parameters": (sgd, fewer_parameters),
    "hook on a gradient": (plain, gradient_hook),
}


@pytest.mark.parametrize(("make", "change"), CHANGES.values(), ids=CHANGES)
def test_a_change_between_replays_is_seen(make: Callable[[], Run], change: Change) -> None:
    eager, compiled = pair(make)
    for i, (x, y) in enumerate(batches(36, nncore.float32)):
        if i and i % 6 == 0:
            change(eager)
            change(compiled)
        assert bits(eager.step(x, y)) == bits(compiled.step(x, y)), f"step {i}"
    assert eager.state() == compiled.state()
    step: Any = compiled.step
    assert step.replays >= 12


def test_state_dicts_loaded_repeatedly_are_not_mistaken_for_earlier_ones() -> None:
    eager, compiled = pair(plain)
    for i, (x, y) in enumerate(batches(80, nncore.float32)):
        if i % 4 == 3:
            load_optimizer(eager)
            load_optimizer(compiled)
        assert bits(eager.step(x, y)) == bits(compiled.step(x, y)), f"step {i}"
    assert eager.state() == compiled.state()


SCHEDULERS: dict[str, Callable[[Optimizer], Any]] = {
    "StepLR": lambda o: lrs.StepLR(o, 4, 0.5),
    "MultiStepLR": lambda o: lrs.MultiStepLR(o, [3, 9], 0.5),
    "ExponentialLR": lambda o: lrs.ExponentialLR(o, 0.9),
    "LambdaLR": lambda o: lrs.LambdaLR(o, lambda e: 1 / (1 + e)),
    "ConstantLR": lambda o: lrs.ConstantLR(o, 0.5, 5),
    "LinearLR": lambda o: lrs.LinearLR(o, 0.25, 0.75, 7),
    "PolynomialLR": lambda o: lrs.PolynomialLR(o, 10),
    "CosineAnnealingLR": lambda o: lrs.CosineAnnealingLR(o, 5),
    "SequentialLR": lambda o: lrs.SequentialLR(
        o, [lrs.ConstantLR(o, 0.1, 3), lrs.ExponentialLR(o, 0.9)], [4]
    ),
}


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedules(name: str, inside: bool) -> None:
    def make() -> Run:
        run = sgd()
        scheduler = SCHEDULERS[name](run.optimizers[0])
        inner, model = run.step, run.model

        def step(x: Tensor, y: Tensor) -> Tensor:
            loss: Tensor = inner(x, y)
            scheduler.step()
            return loss

        model.schedule = scheduler
        return Run(step if inside else inner, model, run.optimizers)

    eager, compiled = pair(make)
    for x, y in batches(24, nncore.float32):
        rates = [run.optimizers[0].param_groups[0]["lr"] for run in (eager, compiled)]
        assert rates[0] == rates[1]
        assert bits(eager.step(x, y)) == bits(compiled.step(x, y))
        if not inside:
            eager.model.schedule.step()
            compiled.model.schedule.step()
    assert (compiled.step.captures, compiled.step.audits) == (2, 3)  # type: ignore[attr-defined]


def test_plateau_outside() -> None:
    eager, compiled = pair(sgd)
    schedules = [lrs.ReduceLROnPlateau(run.optimizers[0], patience=1) for run in (eager, compiled)]
    for x, y in batches(24, nncore.float32):
        for run, schedule in zip((eager, compiled), schedules, strict=True):
            schedule.step(run.step(x, y).item())
        assert eager.optimizers[0].param_groups[0]["lr"] == compiled.optimizers[0].param_groups[0]["lr"]
    assert eager.state() == compiled.state()


def test_inputs_of_every_kind() -> None:
    def step(x: Tensor, y: Tensor) -> Tensor:
        return (x * 2 + y).tanh()

    compiled = nncore.compile(step)
    arrays = [np.random.default_rng(i).standard_normal((3, 4)).astype(np.float32) for i in range(8)]
    for array in arrays:
        x = nncore.tensor(array)
        for a, b in (
            (x, x),
            (x, 2 * x),
            (array, array),
            (array[::-1], x),
            (x.reshape(4, 3).reshape(3, 4), x),
        ):
            assert bits(compiled(a, b)) == bits(step(nncore.tensor(np.array(a)), nncore.tensor(np.array(b))))
    array = arrays[0].copy()
    compiled(array, array)
    array += 1  # the same memory, other values
    assert bits(compiled(array, array)) == bits(step(nncore.tensor(array), nncore.tensor(array)))
    assert compiled.captures == 2


def test_one_argument_may_be_the_result_of_the_last_call() -> None:
    def step(h: Tensor, x: Tensor) -> Tensor:
        return (h * 0.5 + x).tanh()

    compiled = nncore.compile(step)
    h = g = nncore.zeros(6)
    for _ in range(20):
        x = nncore.randn(6)
        h, g = step(h, x), compiled(g, x)
        assert bits(h) == bits(g)


def scaled(
    make: Callable[[Any], Callable[[Tensor], Tensor]], holder: Any, change: Callable[[Any], Any]
) -> None:
    """A step that multiplies by a number in `holder`: 2 at first, 3 after `change`."""
    compiled = nncore.compile(make(holder))
    x = nncore.randn(4)
    for _ in range(5):
        assert bits(compiled(x)) == bits(x * 2.0)
    change(holder)
    for _ in range(5):
        assert bits(compiled(x)) == bits(x * 3.0)
    assert (compiled.captures, compiled.audits, compiled.replays) == (4, 2, 4)


FACTOR = 2.0


def helper(x: Tensor) -> Tensor:
    return x * FACTOR


def test_a_number_that_the_step_names_may_change() -> None:
    def named(holder: Any) -> Callable[[Tensor], Tensor]:
        return lambda x: x * holder.factor

    scaled(named, SimpleNamespace(factor=2.0), lambda h: setattr(h, "factor", 3.0))
    deep = SimpleNamespace(inner=SimpleNamespace(factor=2.0))
    scaled(lambda h: lambda x: x * h.inner.factor, deep, lambda h: setattr(h.inner, "factor", 3.0))
    scaled(lambda h: lambda x: helper(x), globals(), lambda h: h.update(FACTOR=3.0))
    globals()["FACTOR"] = 2.0


class Scaling:
    factor = 2.0

    def __call__(self, x: Tensor) -> Tensor:
        return self.apply(x)

    def apply(self, x: Tensor) -> Tensor:
        return x * self.factor


def test_a_number_that_an_object_holds_may_change() -> None:
    scaled(lambda h: h, Scaling(), lambda h: setattr(h, "factor", 3.0))  # hides the class's attribute
    scaled(lambda h: h.apply, Scaling(), lambda h: setattr(h, "factor", 3.0))
    scaled(lambda h: functools.partial(Scaling.apply, h), Scaling(), lambda h: setattr(h, "factor", 3.0))


class Doubling(nn.Module):
    """Doubles its argument in training mode."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if self.training else x


REACHES: dict[str, Callable[[nn.Module], Callable[..., Any]]] = {
    "itself": lambda m: m,
    "closure": lambda m: lambda x: m(x),
    "bound method": lambda m: m.forward,
    "no_grad": lambda m: nncore.no_grad()(lambda x: m(x)),
    "partial": lambda m: functools.partial(lambda m, x: m(x), m),
    "default": lambda m: lambda x, m=m: m(x),
    "list": lambda m: (lambda models: lambda x: models[0](x))([m]),
    "object": lambda m: (lambda o: lambda x: o.m(x))(SimpleNamespace(m=m)),
    "another function": lambda m: (lambda f: lambda x: f(x))(lambda x: m(x)),
    "compiled": lambda m: (lambda f: lambda x: f(x))(nncore.compile(m)),
    "inside a module": lambda m: nn.Sequential(nn.Identity(), nn.Sequential(m)),
}


@pytest.mark.parametrize("reach", REACHES.values(), ids=REACHES)
def test_a_mode_switched_anywhere_is_seen(reach: Callable[[nn.Module], Callable[..., Any]]) -> None:
    model = Doubling()
    compiled = nncore.compile(reach(model))
    for _ in range(3):
        for mode in (True, False):
            model.train(mode)
            for _ in range(3):
                x = nncore.randn(5)
                assert bits(compiled(x)) == bits(x * 2 if mode else x)
    assert compiled.plans == 2
    assert compiled.captures == 4


def test_a_model_may_be_an_argument() -> None:
    first, second = Doubling(), Doubling()
    second.eval()
    compiled = nncore.compile(lambda model, x: model(x))
    for _ in range(4):
        x = nncore.randn(5)
        assert bits(compiled(first, x)) == bits(x * 2)
        assert bits(compiled(second, x)) == bits(x)
    first.eval()
    assert bits(compiled(first, x)) == bits(x)


def test_conversion_and_hooks_after_a_capture_are_seen() -> None:
    model = mlp()
    compiled = nncore.compile(model)

    def same() -> bool:
        return all(bits(compiled(x)) == bits(model(x).detach()) for x, _ in batches(5, model[0].weight.dtype))

    assert same()
    handle = model.register_forward_hook(lambda module, args, output: output * 3)
    assert same()
    handle.remove()
    assert same()
    model[1].register_forward_pre_hook(lambda module, args: args[0] + 1)
    assert same()
    model.double()
    assert same()
    assert compiled(nncore.zeros(1, 5, dtype=nncore.float64)).dtype == nncore.float64
    model.append(nn.Tanh())
    assert same()
    del model[3]
    assert same()
