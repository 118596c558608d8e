"""A compiled step gives the bits of the eager one: losses, parameters, gradients, state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nncore
from compile_twin import Run, Step, batches, bits, mlp, train
from nncore import Tensor, _core, nn
from nncore.nn import functional as F
from nncore.optim import SGD, Adam, AdamW, Optimizer

ACTIVATIONS: list[type[nn.Module]] = [nn.Sigmoid, nn.Tanh, nn.ReLU, nn.GELU]
FLOATS = [nncore.float32, nncore.float64]
Make = Callable[[Any], Optimizer]

OPTIMIZERS: dict[str, Make] = {
    "sgd": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "dampening": lambda p: SGD(p, lr=0.1, momentum=0.9, dampening=0.3),
    "nesterov": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "maximize": lambda p: SGD(p, lr=0.01, maximize=True),
    "adam": lambda p: Adam(p, lr=0.01, weight_decay=0.1),
    "adamw": lambda p: AdamW(p, lr=0.01),
    "amsgrad": lambda p: Adam(p, lr=0.05, amsgrad=True),
}

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": F.cross_entropy,
    "mse": lambda z, y: F.mse_loss(z, F.one_hot(y, 3).to(z.dtype) if hasattr(F, "one_hot") else z * 0 + 0.5),
}


def run(make: Callable[[], Run], compiled: bool, steps: int, dtype: nncore.dtype, rows: int = 8) -> Any:
    nncore.manual_seed(5)
    built = make()
    if compiled:
        built = built.compiled()
    losses = [bits(built.step(x, y)) for x, y in batches(steps, dtype, rows)]
    if compiled:
        step: Any = built.step
        assert step.captures <= 4  # the first steps of optimizers differ
        assert step.captures + step.audits + step.replays == steps
        assert step.replays >= steps // 2
        assert step.plans == 1
    return losses, built.state(), bits(nncore.rand(3))


def check(
    make: Callable[[], Run], steps: int = 30, dtype: nncore.dtype = nncore.float32, rows: int = 8
) -> None:
    losses, state, random = run(make, False, steps, dtype, rows)
    assert len(set(losses)) > steps // 2  # else equality would prove little
    found = run(make, True, steps, dtype, rows)
    first = next((i for i, (a, b) in enumerate(zip(losses, found[0], strict=True)) if a != b), None)
    assert first is None, f"losses differ from step {first} on"
    assert list(found[1]) == list(state)
    assert [name for name in state if found[1][name] != state[name]] == []
    assert found[2] == random  # the generators have equal states


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer: str, dtype: nncore.dtype, isa: str, threads: int) -> None:
    kinds = list(OPTIMIZERS).index(optimizer)
    check_perceptron(ACTIVATIONS[kinds % 4], list(LOSSES)[kinds % 2], optimizer, dtype)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_perceptrons(activation: type[nn.Module], loss: str, dtype: nncore.dtype) -> None:
    check_perceptron(activation, loss, "adam", dtype)


def check_perceptron(activation: type[nn.Module], loss: str, optimizer: str, dtype: nncore.dtype) -> None:
    def make() -> Run:
        model = mlp(activation).to(dtype)
        opt = OPTIMIZERS[optimizer](model.parameters())

        def step(x: Tensor, y: Tensor) -> Tensor:
            opt.zero_grad()
            value = LOSSES[loss](model(x), y)
            value.backward()
            opt.step()
            return value

        return Run(step, model, [opt])

    check(make, steps=30, dtype=dtype)


def test_a_network_large_enough_for_a_team(isa: str, threads: int) -> None:
    def make() -> Run:
        model = nn.Sequential(nn.Linear(5, 150), nn.ReLU(), nn.Linear(150, 90), nn.GELU(), nn.Linear(90, 3))
        optimizer = Adam(model.parameters(), lr=0.001)
        return Run(train(model, optimizer), model, [optimizer])

    check(make, steps=14, rows=131)


# Unusual steps. Each function makes the step of a model.


def stepping(before: Callable[[Any, Any], Any], after: Callable[[Any, Any], Any]) -> Callable[[Any], Run]:
    """A step with code before backward and code between backward and the optimizer's step."""

    def make(model: Any) -> Run:
        optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)

        def step(x: Tensor, y: Tensor) -> Tensor:
            before(model, optimizer)
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            after(model, optimizer)
            return loss

        return Run(step, model, [optimizer])

    return make


def nothing(model: nn.Module, optimizer: Optimizer) -> None:
    """Do nothing before backward, so that gradients add up over the steps."""


def at_the_end(model: nn.Module, optimizer: Optimizer) -> None:
    optimizer.step()
    optimizer.zero_grad()


def clip_norm(model: nn.Module, optimizer: Optimizer) -> None:
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimizer.step()


def clip_value(model: nn.Module, optimizer: Optimizer) -> None:
    nn.utils.clip_grad_value_(model.parameters(), 0.05)
    optimizer.step()


def scaled_by_hand(model: nn.Module, optimizer: Optimizer) -> None:
    for parameter in model.parameters():
        assert parameter.grad is not None
        parameter.grad = parameter.grad * 0.5
    optimizer.step()


def two_backwards(model: Any) -> Run:
    optimizer = Adam(model.parameters(), lr=0.01)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        z: Tensor = model(x * 2)
        first, second = F.cross_entropy(model(x), y), (z * z).mean()
        first.backward()
        second.backward()
        optimizer.step()
        return first + second

    return Run(step, model, [optimizer])


def two_losses(model: Any) -> Run:
    optimizer = Adam(model.parameters(), lr=0.01)

    def step(x: Tensor, y: Tensor) -> Tensor:
        z: Tensor = model(x)
        loss = F.cross_entropy(z, y) + 0.1 * (z * z).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Run(step, model, [optimizer])


def two_optimizers(model: Any) -> Run:
    first, last = SGD(model[0].parameters(), lr=0.1), Adam(model[2].parameters(), lr=0.01)

    def step(x: Tensor, y: Tensor) -> Tensor:
        model.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        for optimizer in (first, last):
            optimizer.step()
        return loss

    return Run(step, model, [first, last])


def two_groups(model: Any) -> Run:
    optimizer = AdamW(
        [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[2].parameters()}], lr=0.01
    )
    return Run(train(model, optimizer), model, [optimizer])


def frozen(model: Any) -> Run:
    model[0].requires_grad_(False)
    optimizer = Adam(model.parameters(), lr=0.01)
    return Run(train(model, optimizer), model, [optimizer])


def tied(model: Any) -> Run:
    square = nn.Linear(5, 5)
    other = nn.Linear(5, 5)
    other.weight = square.weight
    whole = nn.Sequential(square, nn.Tanh(), other, nn.Tanh(), nn.Linear(5, 3))
    optimizer = SGD(whole.parameters(), lr=0.1, momentum=0.5)
    return Run(train(whole, optimizer), whole, [optimizer])


class RunningMean(nn.Module):
    """Centers by the mean of the batch and keeps an average of the means, like batch normalization."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", nncore.zeros(5))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(0)
        _core.assign_(self.mean, 0.9 * self.mean + 0.1 * mean.detach())
        return x - mean


def with_buffers(model: Any) -> Run:
    whole = nn.Sequential(RunningMean(), model)
    optimizer = Adam(whole.parameters(), lr=0.01)
    return Run(train(whole, optimizer), whole, [optimizer])


def noisy(model: Any) -> Run:
    optimizer, own = SGD(model.parameters(), lr=0.1), nncore.Generator(7)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        kept = nncore.rand(8, 5) < 0.8
        noise = 0.1 * nncore.randn(8, 5, generator=own)
        loss = F.cross_entropy(model(nncore.where(kept, x, 0.0) + noise), y)
        loss.backward()
        optimizer.step()
        return loss

    return Run(step, model, [optimizer])


def layered(name: str, make: Callable[[], nn.Module]) -> dict[str, Callable[[Any], Run]]:
    """A model with this layer, if the library has it."""

    def build(model: Any) -> Run:
        whole = nn.Sequential(nn.Linear(5, 6), make(), nn.Linear(6, 3))
        optimizer = Adam(whole.parameters(), lr=0.01)
        return Run(train(whole, optimizer), whole, [optimizer])

    return {name: build} if hasattr(nn, name) else {}


layers: Any = nn
STEPS: dict[str, Callable[[Any], Run]] = {
    "zero_grad at the end": stepping(nothing, at_the_end),
    "zero_grad fills": stepping(lambda m, o: o.zero_grad(set_to_none=False), lambda m, o: o.step()),
    "module zero_grad fills": stepping(lambda m, o: m.zero_grad(set_to_none=False), lambda m, o: o.step()),
    "gradients add up": stepping(nothing, lambda m, o: o.step()),
    "only gradients": stepping(nothing, nothing),
    "clip_grad_norm_": stepping(lambda m, o: o.zero_grad(), clip_norm),
    "clip_grad_norm_ of what adds up": stepping(nothing, clip_norm),
    "clip_grad_value_": stepping(lambda m, o: o.zero_grad(), clip_value),
    "gradients replaced": stepping(lambda m, o: o.zero_grad(), scaled_by_hand),
    "two backwards": two_backwards,
    "two losses": two_losses,
    "two optimizers": two_optimizers,
    "two groups": two_groups,
    "frozen": frozen,
    "tied weights": tied,
    "buffers": with_buffers,
    "random numbers": noisy,
    **layered("Dropout", lambda: layers.Dropout(0.3)),
    **layered("LayerNorm", lambda: layers.LayerNorm(6)),
    **layered("BatchNorm1d", lambda: layers.BatchNorm1d(6)),
}


@pytest.mark.parametrize("make", STEPS.values(), ids=STEPS)
def test_steps_of_every_kind(make: Callable[[Any], Run], threads: int) -> None:
    check(lambda: make(mlp()), steps=40)


def test_gradients_added_up_over_batches_outside_the_step() -> None:
    """Forward and backward are compiled; the optimizer runs outside after every fourth batch."""

    def make() -> Run:
        model = mlp()
        optimizer = Adam(model.parameters(), lr=0.05)

        def step(x: Tensor, y: Tensor) -> Tensor:
            loss = F.cross_entropy(model(x), y) / 4
            loss.backward()
            return loss

        return Run(step, model, [optimizer])

    def losses(built: Run) -> list[bytes]:
        found = []
        for i, (x, y) in enumerate(batches(60, nncore.float32)):
            found.append(bits(built.step(x, y)))
            if i % 4 == 3:
                built.optimizers[0].step()
                built.optimizers[0].zero_grad()
        return found

    nncore.manual_seed(5)
    eager = make()
    nncore.manual_seed(5)
    compiled = make().compiled()
    assert losses(eager) == losses(compiled)
    assert eager.state() == compiled.state()
    step: Any = compiled.step
    assert step.replays >= 44  # a new gradient and an accumulated one are two plans


def test_levels_and_threads_may_change_between_replays() -> None:
    def losses(step: Step, switch: bool) -> list[bytes]:
        found = []
        for i, (x, y) in enumerate(batches(40, nncore.float32)):
            if switch:
                _core.set_isa(_core.isa_levels()[i % len(_core.isa_levels())])
                nncore.set_num_threads(1 + i // 7 % 2)
            found.append(bits(step(x, y)))
        return found

    def make() -> Run:
        model = mlp()
        optimizer = Adam(model.parameters(), lr=0.05)
        return Run(train(model, optimizer), model, [optimizer])

    nncore.manual_seed(5)
    eager = losses(make().step, False)
    nncore.manual_seed(5)
    assert losses(make().compiled().step, True) == eager
