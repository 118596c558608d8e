"""Schedules inside a captured step set the same rates, at the same steps, as in an eager step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import nncore
from compile_twin import Run, batches, mlp
from nncore import nn
from nncore.errors import CaptureError
from nncore.optim import SGD, Adam, Optimizer
from nncore.optim import lr_scheduler as lrs
from nncore.optim.swa_utils import SWALR

Steps = Callable[[Optimizer, Any], None]  # the end of the step: optimizer and schedule


def before(optimizer: Optimizer, schedule: Any) -> None:
    schedule.step()
    optimizer.step()


def after(optimizer: Optimizer, schedule: Any) -> None:
    optimizer.step()
    schedule.step()


def twice_after(optimizer: Optimizer, schedule: Any) -> None:
    optimizer.step()
    schedule.step()
    schedule.step()


def around(optimizer: Optimizer, schedule: Any) -> None:
    schedule.step()
    optimizer.step()
    schedule.step()


def twice_before(optimizer: Optimizer, schedule: Any) -> None:
    schedule.step()
    schedule.step()
    optimizer.step()


def number(optimizer: Optimizer, schedule: Any) -> None:
    optimizer.step()
    schedule.step(1.0)


def number_before(optimizer: Optimizer, schedule: Any) -> None:
    schedule.step(1.0)
    optimizer.step()


MAKERS: dict[str, Callable[[Optimizer], Any]] = {
    "StepLR": lambda o: lrs.StepLR(o, 3, 0.5),
    "LambdaLR": lambda o: lrs.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "CosineAnnealingLR": lambda o: lrs.CosineAnnealingLR(o, 7),
    "MultiplicativeLR": lambda o: lrs.MultiplicativeLR(o, lambda epoch: 0.8),
    "CosineAnnealingWarmRestarts": lambda o: lrs.CosineAnnealingWarmRestarts(o, 3, 2),
    "CyclicLR": lambda o: lrs.CyclicLR(o, 0.01, 0.2, 3),
    "OneCycleLR": lambda o: lrs.OneCycleLR(o, 0.2, 30),
    "SWALR": lambda o: SWALR(o, 0.02, 4),
    "ChainedScheduler": lambda o: lrs.ChainedScheduler([lrs.StepLR(o, 4), lrs.ExponentialLR(o, 0.9)]),
    "SequentialLR": lambda o: lrs.SequentialLR(o, [lrs.LinearLR(o), lrs.ExponentialLR(o, 0.9)], [4]),
}
PLATEAU: Callable[[Optimizer], Any] = lambda o: lrs.ReduceLROnPlateau(o, patience=2, factor=0.5)  # noqa: E731
ORDERS: list[Steps] = [before, after, twice_after, around, twice_before]
CASES = [
    pytest.param(MAKERS[name], order, id=f"{name}-{order.__name__}") for name in MAKERS for order in ORDERS
]
CASES += [pytest.param(PLATEAU, order, id=f"plateau-{order.__name__}") for order in (number, number_before)]


def run_steps(run: Run, count: int) -> None:
    for x, y in batches(count, nncore.float32):
        run.step(x, y)


def make(kind: Any, schedule_of: Callable[[Optimizer], Any], order: Steps) -> tuple[Run, Optimizer]:
    nncore.manual_seed(5)
    model = mlp()
    optimizer = kind(model.parameters(), lr=0.1)
    schedule = schedule_of(optimizer)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        order(optimizer, schedule)
        return loss

    return Run(step, model, [optimizer]), optimizer


@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize(("schedule_of", "order"), CASES)
def test_rates_and_weights_are_those_of_eager_steps(
    kind: Any, schedule_of: Callable[[Optimizer], Any], order: Steps
) -> None:
    (eager, one), (run, two) = make(kind, schedule_of, order), make(kind, schedule_of, order)
    compiled: Any = run.compiled()
    for x, y in batches(12, nncore.float32):
        eager.step(x, y)
        compiled.step(x, y)
        for name in ("lr", "momentum", "betas"):
            assert two.param_groups[0].get(name) == one.param_groups[0].get(name)
        assert compiled.state() == eager.state()
    assert (compiled.step.captures, compiled.step.audits, compiled.step.replays) == (2, 2, 8)


def test_two_optimizers_and_schedules_keep_their_own_order() -> None:
    def make() -> Run:
        nncore.manual_seed(5)
        model = mlp()
        first, second = SGD(model[0].parameters(), lr=0.1), Adam(model[2].parameters(), lr=0.1)
        early, late = lrs.ExponentialLR(first, 0.5), lrs.ExponentialLR(second, 0.5)

        def step(x: Any, y: Any) -> Any:
            first.zero_grad()
            second.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            first.step()
            early.step()
            late.step()
            second.step()
            return loss

        return Run(step, model, [first, second])

    eager, compiled = make(), make().compiled()
    for x, y in batches(6, nncore.float32):
        eager.step(x, y)
        compiled.step(x, y)
        assert compiled.state() == eager.state()


def test_a_rate_between_two_steps_of_one_optimizer_is_refused() -> None:
    def between(optimizer: Optimizer, schedule: Any) -> None:
        optimizer.step()
        schedule.step()
        optimizer.step()

    run, _ = make(SGD, MAKERS["StepLR"], between)
    compiled = run.compiled()
    with pytest.raises(CaptureError, match="before and after a schedule sets its learning rate"):
        run_steps(compiled, 3)


class Own(SGD):
    """An optimizer that reads its rate in Python."""

    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for param in group["params"]:
                with nncore.no_grad():
                    nncore._core.assign_(param, param.detach() - group["lr"] * param.grad)


def test_a_schedule_before_an_optimizer_that_reads_its_rate_in_python_is_refused() -> None:
    run, _ = make(Own, lambda o: lrs.StepLR(o, 5, 0.5), before)
    compiled = run.compiled()
    with pytest.raises(CaptureError, match=re.escape("Call the schedule's step() outside the step")):
        run_steps(compiled, 4)
