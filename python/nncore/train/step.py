"""One step of training: forward, loss, backward and update on one batch, or on parts that accumulate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nncore._core import Tensor, cat, check_finite
from nncore.captured.step import CompiledStep
from nncore.nn.utils import clip_grad_norm_
from nncore.train import prepare
from nncore.train.objective import TINY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.average import Average
    from nncore.train.layout import Batch, Layout
    from nncore.train.objective import Objective


class Update(NamedTuple):
    """What a step does with the gradients."""

    optimizer: Optimizer
    max_norm: float | None = None  # of all gradients together
    scheduler: Any = None  # that advances after each step
    average: Average | None = None


def training_step(
    model: Module, objective: Objective, layout: Layout, update: Update, size: int, returns: Any
) -> Any:
    """A step on the tensors of one batch, `size` rows at a time, with one update.

    It returns the loss, then the results of `returns(output, target)`.
    """
    optimizer, max_norm, scheduler, average = update
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]

    def backward(batch: Batch, share: Any) -> tuple[Tensor, Tensor]:
        output = layout.output(model, batch)
        error = objective.value(layout, output, batch)
        try:
            check_finite(error)
            if share is not None:
                error = error * share
            error.backward()
        except Exception:
            prepare.check_loss("fit", error)
            raise
        return error, output

    def step(*batch: Tensor) -> tuple[Tensor, ...]:
        optimizer.zero_grad()
        if len(batch[0]) <= size:
            error, output = backward(batch, None)
        else:
            done = [backward(part, share) for part, share in parts(layout, batch, size)]
            error = sum((part.detach() for part, _ in done[1:]), done[0][0].detach())
            output = cat([part.detach() for _, part in done])
        if max_norm is not None:
            clip_grad_norm_(parameters, max_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        if average is not None:
            average.update()
        return (error, *returns(output, batch[layout.target]))

    return step


def parts(layout: Layout, batch: Batch, size: int) -> Iterator[tuple[Batch, Any]]:
    """`size` rows at a time, with their share in the mean over the batch."""
    rows = len(batch[0])
    total = batch[-1].sum().clamp(min=TINY) if layout.weighted else rows
    for start in range(0, rows, size):
        part = tuple(tensor[start : start + size] for tensor in batch)
        yield part, (part[-1].sum() if layout.weighted else len(part[0])) / total


def captured(step: Any) -> CompiledStep:
    """The step captured; it runs eagerly if it cannot be captured."""
    return CompiledStep(step, cache_size=4, falls_back=True)
