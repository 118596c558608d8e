"""A training run, eager or compiled, and its state afterwards, for comparison bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nncore
from nncore import nn
from nncore.optim import Optimizer

Array = np.ndarray[Any, Any]
Step = Callable[..., Any]


@dataclass
class Run:
    """A step with its model and optimizer; `state()` returns everything that a user can read afterwards."""

    step: Step
    model: nn.Module
    optimizers: list[Optimizer] = field(default_factory=list)

    def state(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name, parameter in self.model.named_parameters():
            found[name] = bits(parameter)
            if parameter.grad is not None:
                found[f"{name}.grad"] = bits(parameter.grad)
        for name, buffer in self.model.named_buffers():
            found[name] = bits(buffer)
        for i, optimizer in enumerate(self.optimizers):
            for index, values in optimizer.state_dict()["state"].items():
                found.update({f"{i}.{index}.{name}": bits(value) for name, value in values.items()})
        return found

    def compiled(self, **options: Any) -> Run:
        return Run(nncore.compile(self.step, **options), self.model, self.optimizers)


def bits(tensor: nncore.Tensor) -> bytes:
    """Dtype, shape and values as bytes: equal means the same bits, including signed zeros and NaN."""
    return f"{tensor.dtype} {tensor.shape} ".encode() + tensor.detach().numpy().tobytes()


def batches(steps: int, dtype: nncore.dtype, rows: int = 8, seed: int = 3) -> Iterator[tuple[Any, Any]]:
    """Pairs of inputs (rows, 5) and labels below 3."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        x = nncore.tensor(rng.standard_normal((rows, 5)), dtype=dtype)
        yield x, nncore.tensor(rng.integers(0, 3, rows))


def mlp(activation: Callable[[], nn.Module] = nn.Tanh) -> nn.Sequential:
    return nn.Sequential(nn.Linear(5, 7), activation(), nn.Linear(7, 3))


def train(model: nn.Module, optimizer: Optimizer) -> Step:
    """The usual training step."""

    def step(x: nncore.Tensor, y: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def pair(make: Callable[[], Run], **options: Any) -> tuple[Run, Run]:
    """The same run from the same seed, eager and compiled."""
    nncore.manual_seed(11)
    eager = make()
    nncore.manual_seed(11)
    return eager, make().compiled(**options)


def plain() -> Run:
    """A small network with Adam."""
    model = mlp()
    optimizer = nncore.optim.Adam(model.parameters(), lr=0.02)
    return Run(train(model, optimizer), model, [optimizer])
