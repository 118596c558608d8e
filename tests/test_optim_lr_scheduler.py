"""Schedules against their closed forms, and errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nncore
from nncore import nn
from nncore.optim import SGD, Optimizer
from nncore.optim import lr_scheduler as lrs

EPOCHS = 23
Scheduler = Callable[[Optimizer], lrs.LRScheduler]


def optimizer(lr: float = 0.8) -> SGD:
    return SGD([nn.Parameter(nncore.zeros(1))], lr=lr)


def rates(opt: Optimizer, scheduler: lrs.LRScheduler, epochs: int = EPOCHS) -> list[float]:
    found = []
    for _ in range(epochs):
        assert scheduler.get_last_lr() == [group["lr"] for group in opt.param_groups]
        found.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    return found


def linear(epoch: int) -> float:
    return 0.25 + (0.75 - 0.25) * min(epoch, 7) / 7


CASES: dict[str, tuple[Scheduler, Callable[[int], float]]] = {
    "LambdaLR": (lambda o: lrs.LambdaLR(o, lambda e: 1 / (1 + e)), lambda e: 1 / (1 + e)),
    "StepLR": (lambda o: lrs.StepLR(o, 4, gamma=0.5), lambda e: 0.5 ** (e // 4)),
    "MultiStepLR": (
        lambda o: lrs.MultiStepLR(o, [9, 2, 9], gamma=0.5),
        lambda e: 0.5 ** ((e >= 2) + 2 * (e >= 9)),
    ),
    "ExponentialLR": (lambda o: lrs.ExponentialLR(o, 0.9), lambda e: 0.9**e),
    "ConstantLR": (lambda o: lrs.ConstantLR(o, factor=0.5, total_iters=3), lambda e: 0.5 if e < 3 else 1),
    "LinearLR": (lambda o: lrs.LinearLR(o, 0.25, 0.75, 7), linear),
    "LinearLR default": (lrs.LinearLR, lambda e: 1 / 3 + 2 / 3 * min(e, 5) / 5),
    "PolynomialLR": (lambda o: lrs.PolynomialLR(o, 10, power=2.0), lambda e: (1 - min(e, 10) / 10) ** 2),
    "CosineAnnealingLR": (
        lambda o: lrs.CosineAnnealingLR(o, 5, eta_min=0.08),  # 0.08 is 0.1 times the initial rate
        lambda e: 0.1 + 0.9 * (1 + math.cos(math.pi * e / 5)) / 2,
    ),
    "SequentialLR": (
        lambda o: lrs.SequentialLR(
            o,
            [lrs.LinearLR(o, 0.5, total_iters=4), lrs.StepLR(o, 2, 0.5), lrs.ConstantLR(o, 0.1, 99)],
            [6, 12],
        ),
        lambda e: 0.5 + min(e, 4) / 8 if e < 6 else 0.5 ** ((e - 6) // 2) if e < 12 else 0.1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rates_follow_the_closed_form(name: str) -> None:
    make, factor = CASES[name]
    opt = optimizer()
    assert rates(opt, make(opt)) == pytest.approx(
        [0.8 * factor(e) for e in range(EPOCHS)], rel=1e-12, abs=1e-15
    )


@pytest.mark.parametrize("name", CASES)
def test_a_resumed_schedule_continues_exactly(name: str, tmp_path: Path) -> None:
    make, _ = CASES[name]
    opt = optimizer()
    whole = rates(opt, make(opt))
    first = optimizer()
    scheduler = make(first)
    rates(first, scheduler, 8)
    second = optimizer()
    resumed = make(second)
    second.load_state_dict(first.state_dict())
    state = scheduler.state_dict()
    if "lr_lambdas" not in state:  # functions cannot be saved
        nncore.save(state, tmp_path / "state.nnz")
        state = nncore.load(tmp_path / "state.nnz")
    resumed.load_state_dict(state)
    assert rates(second, resumed, EPOCHS - 8) == whole[8:]


def test_groups_keep_their_own_rates() -> None:
    opt = SGD([nn.Parameter(nncore.zeros(1))], lr=1.0)
    opt.add_param_group({"params": [nn.Parameter(nncore.zeros(1))], "lr": 0.1})
    scheduler = lrs.LambdaLR(opt, [lambda e: 0.5**e, lambda e: 1.0])
    scheduler.step()
    assert scheduler.get_last_lr() == [0.5, 0.1]
    assert [group["initial_lr"] for group in opt.param_groups] == [1.0, 0.1]


def test_two_schedules_of_one_optimizer_multiply() -> None:
    opt = optimizer(1.0)
    first, second = lrs.ExponentialLR(opt, 0.5), lrs.StepLR(opt, 2, 0.1)
    for _ in range(4):
        first.step()
        second.step()
    assert opt.param_groups[0]["lr"] == pytest.approx(0.5**4 * 0.1**2, rel=1e-12)


def test_last_epoch_resumes_from_the_initial_rate() -> None:
    opt = optimizer()
    with pytest.raises(KeyError, match=r"param 'initial_lr' is not specified in param_groups\[0\]"):
        lrs.StepLR(opt, 2, last_epoch=3)
    opt.param_groups[0]["initial_lr"] = 0.8
    assert lrs.LambdaLR(opt, lambda e: e, last_epoch=3).get_last_lr() == [0.8 * 4]


class Halving:
    """A schedule with a state."""

    def __init__(self, power: int) -> None:
        self.power = power

    def __call__(self, epoch: int) -> float:
        return 0.5 ** (self.power * epoch)


def test_lambda_state_holds_the_attributes_of_callable_objects() -> None:
    saved = lrs.LambdaLR(optimizer(), Halving(3)).state_dict()
    assert saved["lr_lambdas"] == [{"power": 3}]
    opt = optimizer()
    scheduler = lrs.LambdaLR(opt, Halving(1))
    scheduler.load_state_dict(saved)
    scheduler.step()
    assert scheduler.get_last_lr() == [0.1]


PLATEAU: dict[str, tuple[dict[str, Any], list[float], list[int]]] = {
    # settings, metrics, epochs (from 1) after which the rate has dropped
    "patience": ({"patience": 2}, [5, 4, 4, 4, 4, 4, 4], [5]),
    "improving": ({"patience": 0}, [5, 4, 3, 2, 1], []),
    "relative": ({"patience": 0, "threshold": 0.1}, [10, 9.5, 8, 7.5, 7], [2, 4]),
    "absolute": ({"patience": 0, "threshold": 1, "threshold_mode": "abs"}, [10, 9.5, 8.9, 8], [2, 4]),
    "max": ({"patience": 0, "mode": "max"}, [1, 2, 1.5, 3], [3]),
    "max absolute": (
        {"patience": 0, "mode": "max", "threshold": 1, "threshold_mode": "abs"},
        [1, 1.5, 3],
        [2],
    ),
    "cooldown": ({"patience": 0, "cooldown": 2}, [1, 1, 1, 1, 1, 1], [2, 5]),
    "nan": ({"patience": 1}, [1, math.nan, math.nan], [3]),
}


@pytest.mark.parametrize("name", PLATEAU)
def test_plateau_reduces_at_the_right_epochs(name: str) -> None:
    settings, metrics, falls = PLATEAU[name]
    opt = optimizer(1.0)
    scheduler = lrs.ReduceLROnPlateau(opt, factor=0.5, **settings)
    fallen = []
    for epoch, metric in enumerate(metrics, 1):
        before = opt.param_groups[0]["lr"]
        scheduler.step(metric)
        if opt.param_groups[0]["lr"] != before:
            fallen.append(epoch)
    assert fallen == falls
    assert scheduler.get_last_lr() == [0.5 ** len(falls)]


def test_plateau_respects_the_least_rate_and_resumes() -> None:
    opt = optimizer(1.0)
    scheduler = lrs.ReduceLROnPlateau(opt, factor=0.1, patience=0, min_lr=[0.05])
    for _ in range(6):
        scheduler.step(nncore.tensor(1.0))
    assert opt.param_groups[0]["lr"] == 0.05
    twin = lrs.ReduceLROnPlateau(optimizer(), factor=0.1, patience=0, min_lr=0.05)
    twin.load_state_dict(scheduler.state_dict())
    assert (twin.best, twin.last_epoch) == (1.0, 6)


def sequential(opt: Optimizer, count: int, milestones: list[int]) -> lrs.SequentialLR:
    return lrs.SequentialLR(opt, [lrs.StepLR(opt, 1) for _ in range(count)], milestones)


BAD: list[tuple[Callable[[Optimizer], Any], type[Exception], str]] = [
    (lambda o: lrs.StepLR(list(o.param_groups), 1), TypeError, "StepLR: list is not an Optimizer"),  # type: ignore[arg-type]
    (lambda o: lrs.StepLR(o, 0), ValueError, "StepLR: step_size must be at least 1, got 0"),
    (lambda o: lrs.StepLR(o, 1.5), TypeError, "StepLR: step_size must be an int, got 1.5"),  # type: ignore[arg-type]
    (lambda o: lrs.StepLR(o, 1, math.nan), ValueError, "StepLR: gamma must be"),
    (lambda o: lrs.ExponentialLR(o, -0.1), ValueError, "ExponentialLR: gamma must be"),
    (lambda o: lrs.MultiStepLR(o, [2, -1]), ValueError, "MultiStepLR: milestones must be at least 0, got -1"),
    (
        lambda o: lrs.LinearLR(o, start_factor=0),
        ValueError,
        "start_factor must be finite, above 0, at most 1",
    ),
    (lambda o: lrs.LinearLR(o, end_factor=1.1), ValueError, "LinearLR: end_factor must be"),
    (lambda o: lrs.ConstantLR(o, total_iters=-1), ValueError, "ConstantLR: total_iters must be at least 0"),
    (lambda o: lrs.CosineAnnealingLR(o, 0), ValueError, "CosineAnnealingLR: T_max must be at least 1"),
    (lambda o: lrs.LambdaLR(o, [abs, abs]), ValueError, "LambdaLR: expected 1 lr_lambdas, but got 2"),
    (lambda o: sequential(o, 0, []), ValueError, "schedulers is empty"),
    (
        lambda o: sequential(o, 2, []),
        ValueError,
        "one scheduler more than milestones, got 2",
    ),
    (
        lambda o: lrs.SequentialLR(o, [lrs.StepLR(optimizer(), 1)], []),
        ValueError,
        r"schedulers\[0\] has another optimizer",
    ),
    (
        lambda o: lrs.SequentialLR(o, [lrs.ReduceLROnPlateau(o)], []),
        ValueError,
        r"schedulers\[0\] is ReduceLROnPlateau",
    ),
    (lambda o: lrs.ReduceLROnPlateau(o, mode="up"), ValueError, "mode must be 'min' or 'max', got 'up'"),  # type: ignore[arg-type]
    (lambda o: lrs.ReduceLROnPlateau(o, factor=1.0), ValueError, "factor must be below 1, got 1.0"),
    (
        lambda o: lrs.ReduceLROnPlateau(o, min_lr=[0, 0]),
        ValueError,
        "min_lr has 2 values, but the opt",
    ),
    (lambda o: lrs.MultiplicativeLR(o, 0.9), TypeError, "MultiplicativeLR: lr_lambda must be a function"),  # type: ignore[arg-type]
    (
        lambda o: lrs.LambdaLR(o, lambda epoch: "slow"),  # type: ignore[arg-type,return-value]
        TypeError,
        r"LambdaLR: the result of lr_lambda must be a number, got 'slow' \(str\)",
    ),
    (
        lambda o: lrs.MultiplicativeLR(o, lambda epoch: None).step(),  # type: ignore[arg-type,return-value]
        TypeError,
        "MultiplicativeLR: the result of lr_lambda must be a number, got None",
    ),
    (lambda o: lrs.MultiStepLR(o, 3), TypeError, "MultiStepLR: milestones must be an iterable, got int"),  # type: ignore[arg-type]
    (lambda o: lrs.StepLR(o, 1, last_epoch="2"), TypeError, "StepLR: last_epoch must be an int, got '2'"),  # type: ignore[arg-type]
    (lambda o: lrs.StepLR(o, 1, last_epoch=-2), ValueError, "StepLR: last_epoch must be at least -1, got -2"),
    (lambda o: lrs.StepLR(o, 1).step(-2), ValueError, "StepLR: epoch must be at least 0, got -2"),
    (
        lambda o: lrs.CosineAnnealingWarmRestarts(o, 3).step(-0.5),
        ValueError,
        "CosineAnnealingWarmRestarts: epoch must be finite, at least 0, got -0.5",
    ),
    (lambda o: lrs.CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 must be at least 1, got 0"),
    (lambda o: lrs.CosineAnnealingWarmRestarts(o, 1, 0), ValueError, "T_mult must be at least 1, got 0"),
    (
        lambda o: lrs.CyclicLR(o, 0.1, [1.0, 2.0]),
        ValueError,
        "CyclicLR: max_lr has 2 values, but the optimizer",
    ),
    (lambda o: lrs.CyclicLR(o, 0.1, 1.0, 0), ValueError, "step_size_up must be finite, above 0, got 0.0"),
    (
        lambda o: lrs.CyclicLR(o, 0.1, 1.0, mode="up"),  # type: ignore[arg-type]
        ValueError,
        "mode must be 'triangular', 'triang.*got 'up'",
    ),
    (
        lambda o: lrs.CyclicLR(o, 0.1, 1.0, scale_fn=abs, scale_mode="x"),  # type: ignore[arg-type]
        ValueError,
        "scale_mode must be 'cycle' or 'iterations', got 'x'",
    ),
    (
        lambda o: lrs.CyclicLR(
            nncore.optim.RMSprop(o.param_groups[0]["params"]), 0.1, 1.0, max_momentum=[0.9, 0.8]
        ),
        ValueError,
        "CyclicLR: max_momentum has 2 values",
    ),
    (
        lambda o: lrs.CyclicLR(Optimizer([nncore.ones(1)], {}), 0.1, 1.0),
        ValueError,
        "set cycle_momentum=False",
    ),
    (
        lambda o: lrs.OneCycleLR(o, 0.1, epochs=3),
        ValueError,
        "give total_steps, or both epochs and steps_per_e",
    ),
    (lambda o: lrs.OneCycleLR(o, 0.1, 0), ValueError, "OneCycleLR: total_steps must be at least 1, got 0"),
    (lambda o: lrs.OneCycleLR(o, 0.1, 5, pct_start=1.5), ValueError, "OneCycleLR: pct_start must be"),
    (
        lambda o: lrs.OneCycleLR(o, 0.1, 5, anneal_strategy="x"),  # type: ignore[arg-type]
        ValueError,
        "must be 'cos' or 'linear', got 'x'",
    ),
    (
        lambda o: (lrs.StepLR(o, 1), lrs.OneCycleLR(o, 0.1, 5, last_epoch=2)),
        KeyError,
        "param 'max_lr' is not specified in",
    ),
    (
        lambda o: rates(o, lrs.OneCycleLR(o, 0.1, 5, pct_start=0.2), 7),  # 0.2 * 5 steps: no rise
        ValueError,
        "OneCycleLR: step 6 is after the last of 5",
    ),
    (lambda o: lrs.ChainedScheduler([]), ValueError, "ChainedScheduler: schedulers is empty"),
    (lambda o: lrs.ChainedScheduler([o]), TypeError, r"schedulers\[0\] must be a schedule, got SGD"),  # type: ignore[list-item]
    (
        lambda o: lrs.StepLR(o, 1).load_state_dict({"gamma": 1}),
        ValueError,
        'Missing key.* of StepLR: "step_size"',
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_bad_settings_are_named(
    make: Callable[[Optimizer], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(optimizer())
