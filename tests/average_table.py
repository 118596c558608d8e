"""Averaged models whose state `tools/record_schedules.py` records with PyTorch.

A case is an expression; `m` is the model.
"""

from __future__ import annotations

import math
from typing import Any

AVERAGES = [
    "AveragedModel(m)",
    "AveragedModel(m, use_buffers=True)",
    "AveragedModel(m, avg_fn=get_swa_avg_fn())",
    "AveragedModel(m, multi_avg_fn=get_swa_multi_avg_fn())",
    "AveragedModel(m, avg_fn=get_ema_avg_fn(0.9))",
    "AveragedModel(m, None, get_ema_avg_fn(), use_buffers=True)",
    "AveragedModel(m, multi_avg_fn=get_ema_multi_avg_fn(0.5))",
    "AveragedModel(m, None, None, get_ema_multi_avg_fn(), True)",
    "AveragedModel(m, avg_fn=lambda average, value, n: 0.25 * average + 0.75 * value)",
]


def table(library: Any, seed: float, *shape: int) -> Any:
    """A tensor of given numbers."""
    numbers = [math.sin(seed + 0.7 * i * i) for i in range(math.prod(shape))]
    return library.tensor(numbers, dtype=library.float64).reshape(shape)


def model(library: Any) -> Any:
    nn = library.nn
    made = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)).to(library.float64)
    change(library, made, 0)
    return made


def change(library: Any, made: Any, epoch: int) -> None:
    """Set the parameters, and the buffers by a batch."""
    with library.no_grad():
        for i, parameter in enumerate(made.parameters()):
            parameter.copy_(table(library, epoch + 10 * i, *parameter.shape))
        made(table(library, -epoch, 5, 2))


def averaged(library: Any, case: str, made: Any) -> Any:
    return eval(case, {**vars(library.optim.swa_utils), "m": made})


def state(average: Any) -> dict[str, Any]:
    return {name: value.tolist() for name, value in average.state_dict().items()}


def run_average(library: Any, case: str) -> list[dict[str, Any]]:
    """The states after one, two and seven models, and after new statistics."""
    made = model(library)
    average = averaged(library, case, made)
    found = []
    for epoch in range(1, 8):
        change(library, made, epoch)
        average.update_parameters(made)
        if epoch in (1, 2, 7):
            found.append(state(average))
    library.optim.swa_utils.update_bn([table(library, i, 4, 2) for i in range(3)], average)
    return [*found, state(average)]
