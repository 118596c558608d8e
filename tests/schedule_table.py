"""Schedules whose rates and momenta `tools/record_schedules.py` records with PyTorch, and the runs of each.

A case is a kind of optimizer and an expression: `o` is the optimizer, and `e` the argument `last_epoch`.
"""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("data") / "schedules.json.gz"

EPOCHS, HALF = 60, 23
SCHEDULES = [
    "LambdaLR(o, lambda k: 0.95 ** k, last_epoch=e)",
    "LambdaLR(o, [lambda k: 1 / (1 + k), lambda k: 1.0 - k / 200], e)",
    "MultiplicativeLR(o, lambda k: 0.97, last_epoch=e)",
    "MultiplicativeLR(o, [lambda k: 1 - 1 / (2 + k), lambda k: 1.01], e)",
    "StepLR(o, 7, last_epoch=e)",
    "StepLR(o, step_size=1, gamma=0.9, last_epoch=e)",
    "MultiStepLR(o, [9, 2, 9, 40], gamma=0.5, last_epoch=e)",
    "MultiStepLR(o, [0, 24], last_epoch=e)",
    "ConstantLR(o, last_epoch=e)",
    "ConstantLR(o, 0.25, total_iters=30, last_epoch=e)",
    "LinearLR(o, last_epoch=e)",
    "LinearLR(o, 1.0, end_factor=0.0, total_iters=50, last_epoch=e)",
    "LinearLR(o, 0.1, 0.7, 40, e)",
    "ExponentialLR(o, 0.93, e)",
    "PolynomialLR(o, last_epoch=e)",
    "PolynomialLR(o, 50, power=2.5, last_epoch=e)",
    "CosineAnnealingLR(o, 10, last_epoch=e)",
    "CosineAnnealingLR(o, T_max=57, eta_min=0.01, last_epoch=e)",
    "CosineAnnealingWarmRestarts(o, 7, last_epoch=e)",
    "CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2, eta_min=0.001)",
    "CosineAnnealingWarmRestarts(o, 1, 3)",
    "CyclicLR(o, 0.01, 0.5, step_size_up=8, last_epoch=e)",
    "CyclicLR(o, [0.1, 0.02], [1.0, 0.3], 5, 9, mode='triangular2', last_epoch=e)",
    "CyclicLR(o, 0.01, 0.5, 6, None, 'exp_range', 0.97, base_momentum=0.6, max_momentum=0.95, last_epoch=e)",
    "CyclicLR(o, 0.01, 0.5, 6, scale_fn=lambda c: 1 / c, last_epoch=e)",
    "CyclicLR(o, 0.1, 0.5, 6, 0, scale_fn=lambda k: 0.9**k, scale_mode='iterations', cycle_momentum=False)",
    "CyclicLR(o, 0.01, 0.5, 6, base_momentum=[0.5, 0.7], max_momentum=[0.9, 0.8])",
    "OneCycleLR(o, 0.5, 60, last_epoch=e)",
    "OneCycleLR(o, [0.5, 0.1], epochs=10, steps_per_epoch=7, pct_start=0.4, last_epoch=e)",
    "OneCycleLR(o, 0.5, 60, anneal_strategy='linear', three_phase=True, last_epoch=e)",
    "OneCycleLR(o, 0.5, 61, base_momentum=0.5, max_momentum=0.8, div_factor=10, final_div_factor=100)",
    "OneCycleLR(o, 0.5, 65, cycle_momentum=False, pct_start=0.0, last_epoch=e)",
    "ReduceLROnPlateau(o)",
    "ReduceLROnPlateau(o, 'max', 0.5, 2, threshold=0.05, cooldown=1)",
    "ReduceLROnPlateau(o, factor=0.3, patience=1, threshold_mode='abs', min_lr=[0.01, 0.02], eps=0.02)",
    "ReduceLROnPlateau(o, 'max', patience=0, threshold=0.3, threshold_mode='abs', min_lr=0.003)",
    "SequentialLR(o, [LinearLR(o, 0.1, total_iters=5), CosineAnnealingLR(o, 50)], [5], last_epoch=e)",
    "SequentialLR(o, [ConstantLR(o, 0.1), MultiplicativeLR(o, lambda k: 0.9), PolynomialLR(o, 9)], [6, 31])",
    "SequentialLR(o, [ExponentialLR(o, 0.9), CyclicLR(o, 0.1, 0.9, 4), StepLR(o, 5)], [10, 40])",
    "SequentialLR(o, [CosineAnnealingWarmRestarts(o, 4, 2), CosineAnnealingWarmRestarts(o, 3)], [30])",
    "SequentialLR(o, [LambdaLR(o, lambda k: 1 + k), OneCycleLR(o, 0.4, 50), LinearLR(o)], [0, 50])",
    "SequentialLR(o, [LinearLR(o), SWALR(o, 0.05, 5), MultiStepLR(o, [0, 3])], [7, 30])",
    "ChainedScheduler([ConstantLR(o, 0.1, 20), ExponentialLR(o, 0.9)])",
    "ChainedScheduler([StepLR(o, 9), CosineAnnealingLR(o, 30), LinearLR(o)], optimizer=o)",
    "ChainedScheduler([ExponentialLR(o, 0.98), SequentialLR(o, [LinearLR(o), StepLR(o, 5)], [6])])",
    "[ExponentialLR(o, 0.95), StepLR(o, 10, 0.5)]",
    "[LinearLR(o, 0.2), ReduceLROnPlateau(o, patience=3), MultiplicativeLR(o, lambda k: 0.99)]",
    "SWALR(o, 0.05)",
    "SWALR(o, [0.05, 0.5], anneal_epochs=31, anneal_strategy='linear')",
    "SWALR(o, 0.05, 0, last_epoch=e)",
]
CASES = [f"SGD {text}" for text in SCHEDULES]
CASES += [f"Adam {text}" for text in SCHEDULES if text.startswith(("CyclicLR", "OneCycleLR", "Sequential"))]
JUMPS = (0, 5, 2, 11, 11, 30, 4)  # for step(epoch)


def recorded(part: str) -> dict[str, Any]:
    """What PyTorch gave for each case of "schedules" or "averages"."""

    def with_numbers(mapping: dict[str, Any]) -> dict[Any, Any]:  # JSON writes epochs as text
        return {int(key) if key.isdigit() else key: value for key, value in mapping.items()}

    found = json.loads(gzip.decompress(RECORDED.read_bytes()), object_hook=with_numbers)
    return found[part]  # type: ignore[no-any-return]


def optimizer(library: Any, kind: str) -> Any:
    """An optimizer of `library`, PyTorch or nncore, with two groups."""
    groups = [{"params": [library.nn.Parameter(library.zeros(1))], "lr": lr} for lr in (0.8, 0.05)]
    return library.optim.SGD(groups, momentum=0.9) if kind == "SGD" else library.optim.Adam(groups)


def made(library: Any, case: str, o: Any, last_epoch: int = -1) -> list[Any]:
    """The schedules of a case."""
    text = case.partition(" ")[2]
    names = {**vars(library.optim.lr_scheduler), "SWALR": library.optim.swa_utils.SWALR}
    found = eval(text, {**names, "o": o, "e": last_epoch})
    return found if isinstance(found, list) else [found]


def values(o: Any) -> list[float]:
    """The rate and the momentum of each group."""
    pairs = [(g["lr"], g["betas"][0] if "betas" in g else g["momentum"]) for g in o.param_groups]
    return [float(f"{value:.10g}") for pair in pairs for value in pair]


def metric(epoch: int) -> float:
    return math.nan if epoch == 14 else math.exp(-epoch / 20) + abs(math.sin(1.7 * epoch)) / 4


def run(o: Any, schedules: list[Any], epochs: range) -> list[list[float]]:
    """The values in each epoch, before the schedules take their step."""
    found = []
    for epoch in epochs:
        found.append(values(o))
        for schedule in schedules:
            schedule.step(*[metric(epoch)] * hasattr(schedule, "patience"))
    return found


def jumped(library: Any, case: str) -> list[list[float]]:
    """The values after `step(epoch)`, then after three more steps."""
    o = optimizer(library, case.split()[0])
    (schedule,) = made(library, case, o)
    found = []
    for epoch in [*JUMPS, None, None, None]:
        schedule.step(epoch)
        found.append(values(o))
    return found


def resumed(library: Any, case: str, groups: list[dict[str, Any]]) -> list[list[float]]:
    """The values from epoch HALF on, with new schedules that get `last_epoch`."""
    o = optimizer(library, case.split()[0])
    o.load_state_dict({**o.state_dict(), "param_groups": groups})
    return run(o, made(library, case, o, HALF - 1), range(HALF, HALF + 30))


def can_jump(case: str) -> bool:
    """Whether `step()` of the schedule takes an epoch."""
    return not any(name in case for name in ("Sequential", "Chained", "Plateau", "[Exponential"))
