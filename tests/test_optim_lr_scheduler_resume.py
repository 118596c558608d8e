"""Schedules that start in the middle (`last_epoch=`), and groups that are added to an optimizer later."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import nncore
from nncore import nn
from nncore.optim import SGD, Optimizer
from nncore.optim import lr_scheduler as lrs
from nncore.optim.swa_utils import SWALR

Resumed = Callable[[Optimizer, int], Any]


def group(lr: float) -> dict[str, Any]:
    return {"params": [nn.Parameter(nncore.zeros(1))], "lr": lr}


def rates(schedule: Any, epochs: int) -> list[float]:
    found = []
    for _ in range(epochs):
        found.append(schedule.optimizer.param_groups[-1]["lr"])
        schedule.step()
    return found


# The rates of PyTorch 2.10 after last_epoch=3, for an initial rate of 1 and a current rate of 0.5.
FROM_THREE: dict[str, tuple[Resumed, list[float]]] = {
    "LambdaLR": (
        lambda o, e: lrs.LambdaLR(o, lambda k: 1 / (1 + k), last_epoch=e),
        [0.2, 1 / 6, 1 / 7, 0.125, 1 / 9, 0.1, 1 / 11],
    ),
    "StepLR": (
        lambda o, e: lrs.StepLR(o, 4, gamma=0.5, last_epoch=e),
        [0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125],
    ),
    "MultiStepLR": (
        lambda o, e: lrs.MultiStepLR(o, [9, 2, 9, 4], gamma=0.5, last_epoch=e),
        [0.25, 0.25, 0.25, 0.25, 0.25, 0.0625, 0.0625],
    ),
    "ExponentialLR": (
        lambda o, e: lrs.ExponentialLR(o, 0.9, last_epoch=e),
        [0.5, 0.45, 0.405, 0.3645, 0.32805, 0.295245, 0.2657205],
    ),
    "ConstantLR": (
        lambda o, e: lrs.ConstantLR(o, factor=0.5, total_iters=4, last_epoch=e),
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    ),
    "LinearLR": (
        lambda o, e: lrs.LinearLR(o, 0.25, 0.75, 7, last_epoch=e),
        [0.5, 17 / 30, 19 / 30, 0.7, 0.7, 0.7, 0.7],
    ),
    "PolynomialLR": (
        lambda o, e: lrs.PolynomialLR(o, 8, power=2.0, last_epoch=e),
        [0.5, 0.28125, 0.125, 0.03125, 0.0, 0.0, 0.0],
    ),
    "CosineAnnealingLR": (
        lambda o, e: lrs.CosineAnnealingLR(o, 8, last_epoch=e),
        [
            0.5, 0.30865828381745514, 0.14644660940672627, 0.03806023374435664, 0.0, 0.03806023374435663,
            0.14644660940672638,
        ],
    ),
    "SequentialLR": (
        lambda o, e: lrs.SequentialLR(
            o,
            [lrs.LinearLR(o, 0.5, total_iters=4), lrs.ExponentialLR(o, 0.9), lrs.CosineAnnealingLR(o, 4)],
            [3, 6],
            last_epoch=e,
        ),
        [0.5, 0.45, 1.0, 0.8535533905932737, 0.5, 0.14644660940672627, 0.0],
    ),
    "SequentialLR from 0": (
        lambda o, e: lrs.SequentialLR(
            o, [lrs.LinearLR(o, 0.5, total_iters=4), lrs.ExponentialLR(o, 0.9)], [0], last_epoch=e
        ),
        [1.0, 0.9, 0.81, 0.729, 0.6561, 0.59049, 0.531441],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FROM_THREE)
def test_rates_from_a_later_epoch_on_are_pytorchs(name: str) -> None:
    make, expected = FROM_THREE[name]
    opt = SGD([group(0.5)])
    opt.param_groups[0]["initial_lr"] = 1.0
    assert rates(make(opt, 3), 7) == pytest.approx(expected, rel=1e-12, abs=1e-15)


# Schedules that last_epoch= alone restores; the others need the rate in the optimizer's state.
@pytest.mark.parametrize("name", ["ExponentialLR", "LinearLR", "PolynomialLR", "CosineAnnealingLR"])
def test_a_loaded_optimizer_continues_with_a_new_schedule(name: str) -> None:
    """Saved in epoch 4, after the schedule has set the rate of that epoch."""
    make, _ = FROM_THREE[name]
    first = SGD([group(1.0)])
    whole = make(first, -1)
    expected = rates(whole, 4)
    saved = first.state_dict()
    second = SGD([group(1.0)])
    second.load_state_dict(saved)
    assert rates(make(second, 3), 5) == pytest.approx(rates(whole, 5), rel=1e-12, abs=1e-15)
    assert expected[0] in (1.0, 0.25)


@pytest.mark.parametrize("name", [name for name in FROM_THREE if not name.startswith("Sequential")])
def test_a_later_group_starts_at_its_own_rate(name: str) -> None:
    """After its epoch the group follows the schedule like a group that existed from the start."""
    make, _ = FROM_THREE[name]
    opt, alone = SGD([group(0.5)]), SGD([group(0.5)])
    schedule, twin = make(opt, -1), make(alone, -1)
    rates(schedule, 5)
    rates(twin, 5)
    opt.add_param_group({**group(0.25), "lr": alone.param_groups[0]["lr"], "initial_lr": 0.5})
    opt.add_param_group(group(0.125))
    for _ in range(4):
        schedule.step()
        twin.step()
        assert [group["lr"] for group in opt.param_groups[:2]] == [alone.param_groups[0]["lr"]] * 2
        assert schedule.get_last_lr() == [group["lr"] for group in opt.param_groups]
    assert schedule.base_lrs == [0.5, 0.5, 0.125]
    assert opt.param_groups[2]["initial_lr"] == 0.125


def test_a_later_group_restarts_in_the_next_schedule_of_a_sequence() -> None:
    opt = SGD([group(1.0)])
    parts = [lrs.ConstantLR(opt, 0.5, 99), lrs.ExponentialLR(opt, 0.5)]
    schedule = lrs.SequentialLR(opt, parts, [3])
    schedule.step()
    opt.add_param_group(group(0.1))
    assert rates(schedule, 5) == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.025])


def test_plateau_takes_new_groups_in() -> None:
    opt = SGD([group(1.0)])
    schedule = lrs.ReduceLROnPlateau(opt, factor=0.5, patience=0, min_lr=0.2)
    schedule.step(1.0)
    opt.add_param_group(group(0.3))
    for _ in range(2):
        schedule.step(1.0)
    assert schedule.get_last_lr() == [0.25, 0.2]


def test_a_new_group_without_a_setting_raises() -> None:
    opt = SGD([group(1.0), group(1.0)])
    by_group = lrs.LambdaLR(opt, [lambda epoch: 1.0, lambda epoch: 0.5])
    plateau = lrs.ReduceLROnPlateau(opt, min_lr=[0.1, 0.2])
    opt.add_param_group(group(1.0))
    with pytest.raises(ValueError, match=r"LambdaLR: .* 3 parameter groups .* lr_lambdas has 2 entries; set"):
        by_group.step()
    with pytest.raises(RuntimeError, match=r"ReduceLROnPlateau: .* 3 parameter groups but min_lrs has 2"):
        plateau.step(1.0)
    by_group.lr_lambdas.append(lambda epoch: 0.25)
    by_group.step()
    assert by_group.get_last_lr() == [1.0, 0.5, 0.25]


def test_removed_groups_raise() -> None:
    opt = SGD([group(1.0), group(1.0)])
    schedule = lrs.StepLR(opt, 2)
    del opt.param_groups[0]
    with pytest.raises(ValueError, match="StepLR: the optimizer has 1 parameter groups, but had 2 before"):
        schedule.step()


# Schedules whose rate PyTorch's constructor does not restore from `last_epoch=`.
RESTORED: dict[str, Resumed] = {
    "restarts": lambda o, e: lrs.CosineAnnealingWarmRestarts(o, 3, 2, last_epoch=e),
    "SWALR": lambda o, e: SWALR(o, 0.1, 14, last_epoch=e),
    "SWALR at once": lambda o, e: SWALR(o, 0.1, 0, last_epoch=e),
}


@pytest.mark.parametrize("name", RESTORED)
@pytest.mark.parametrize("epoch", [1, 3, 8, 9, 11, 20])
def test_last_epoch_finds_the_position(name: str, epoch: int) -> None:
    first = SGD([group(1.0)])
    whole = RESTORED[name](first, -1)
    rates(whole, epoch)
    second = SGD([group(1.0)])
    second.load_state_dict(first.state_dict())
    assert rates(RESTORED[name](second, epoch - 1), 20) == pytest.approx(rates(whole, 20))


def nested(o: Optimizer, milestones: list[int]) -> lrs.SequentialLR:
    return lrs.SequentialLR(o, [lrs.LinearLR(o, 0.5, total_iters=2), lrs.ExponentialLR(o, 0.5)], milestones)


def test_parts_of_a_sequence_may_be_combined() -> None:
    opt = SGD([group(1.0)])
    chain = lrs.ChainedScheduler([lrs.ConstantLR(opt, 0.1, 2), lrs.ExponentialLR(opt, 0.5)])
    again = lrs.ChainedScheduler([nested(opt, [1]), lrs.ExponentialLR(opt, 0.5)])
    schedule = lrs.SequentialLR(opt, [chain, nested(opt, [2]), again], [3, 7])
    expected = [0.1, 0.05, 0.25, 0.5, 0.75, 1.0, 0.5, 0.5, 0.5, 0.125]
    assert rates(schedule, 10) == pytest.approx(expected, rel=1e-12)


SHARED: dict[str, Callable[[Optimizer], Any]] = {
    "CyclicLR": lambda o: lrs.CyclicLR(o, 0.1, 0.4, 3),
    "OneCycleLR": lambda o: lrs.OneCycleLR(o, 0.4, 30),
    "SWALR": lambda o: SWALR(o, 0.1, 9),
}


@pytest.mark.parametrize("name", SHARED)
def test_a_later_group_gets_the_settings_that_all_share(name: str) -> None:
    opt = SGD([group(1.0), group(1.0)], momentum=0.9)
    schedule = SHARED[name](opt)
    rates(schedule, 4)
    opt.add_param_group(group(opt.param_groups[0]["lr"]))
    for _ in range(12):
        schedule.step()
        first, _, last = opt.param_groups
        assert (last["lr"], last["momentum"]) == (first["lr"], first["momentum"])


DIFFERING: dict[str, tuple[Callable[[Optimizer], Any], str]] = {
    "CyclicLR": (lambda o: lrs.CyclicLR(o, 0.1, [0.4, 0.5]), "max_lrs has 2 entries; set scheduler.max_lrs"),
    "OneCycleLR": (
        lambda o: lrs.OneCycleLR(o, [0.4, 0.5], 30),
        "param_groups[2] has no 'initial_lr', and the groups before it have different values; "
        'set optimizer.param_groups[2]["initial_lr"]',
    ),
    "SWALR": (lambda o: SWALR(o, [0.1, 0.2]), 'set optimizer.param_groups[2]["swa_lr"]'),
}


@pytest.mark.parametrize("name", DIFFERING)
def test_a_later_group_without_a_setting_is_named(name: str) -> None:
    make, message = DIFFERING[name]
    opt = SGD([group(1.0), group(1.0)], momentum=0.9)
    schedule = make(opt)
    opt.add_param_group(group(1.0))
    with pytest.raises(ValueError, match=re.escape(message)):
        schedule.step()
