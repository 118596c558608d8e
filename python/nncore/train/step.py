"""One step of training: forward, loss, backward and update, for one batch or for several that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nncore._core import Tensor, check_finite, zeros
from nncore.captured.step import CompiledStep
from nncore.nn.utils import clip_grad_norm_
from nncore.optim import LBFGS
from nncore.train import prepare
from nncore.train.objective import TINY

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.average import Average
    from nncore.train.layout import Batch, Layout
    from nncore.train.objective import Objective

VARIANTS = 8  # two sizes of batches, each at the start, inside and at the end of a step, or alone


class Update(NamedTuple):
    """What a step does with the gradients."""

    optimizer: Optimizer
    max_norm: float | None = None  # of all gradients together
    scheduler: Any = None  # that advances after each step
    average: Average | None = None


class Pass(NamedTuple):
    """Forward, loss and backward on a batch; `returns(output, target)` are results besides the loss."""

    model: Module
    objective: Objective
    layout: Layout
    returns: Callable[[Tensor, Tensor], tuple[Tensor, ...]]

    def __call__(self, batch: Batch, weight: Any = None, check: bool = True) -> tuple[Tensor, ...]:
        """Add the gradient of `weight` times the loss; returns the loss and the other results."""
        output = self.layout.output(self.model, batch)
        error = self.objective.value(self.layout, output, batch)
        try:
            if check:
                check_finite(error)
            (error if weight is None else error * weight).backward()
        except Exception:
            prepare.check_loss("fit", error)
            raise
        return (error, *self.returns(output, batch[self.layout.target]))


def step_of(run: Pass, update: Update, accumulate: int, compile: bool) -> Any:
    """The step of `fit`, captured if possible; `accumulate` above 1 adds the arguments `first` and `last`."""
    if isinstance(update.optimizer, LBFGS):
        return closure_step(run, update, accumulate)
    step = training_step(run, update) if accumulate == 1 else accumulating_step(run, update)
    return captured(step) if compile else step


def training_step(run: Pass, update: Update) -> Any:
    """A step on the tensors of one batch."""
    optimizer, finish = update.optimizer, finishing(update)

    def step(*batch: Tensor) -> tuple[Tensor, ...]:
        optimizer.zero_grad()
        results = run(batch)
        finish()
        return results

    return step


def accumulating_step(run: Pass, update: Update) -> Any:
    """The passes of a step one by one: `first` clears the gradients, `last` updates.

    The gradients are sums over the rows until `last` divides them by the number of rows, or by the sum of
    their weights.
    """
    optimizer, finish = update.optimizer, finishing(update)
    total = zeros((), dtype=parameters_of(optimizer)[0].dtype)

    def step(first: bool, last: bool, *batch: Tensor) -> tuple[Tensor, ...]:
        weight = batch[-1].sum() if run.layout.weighted else len(batch[0])
        if first:
            optimizer.zero_grad()
            total.zero_()
        results = run(batch, weight)
        total.add_(weight)
        if last:
            for parameter in parameters_of(optimizer):
                if parameter.grad is not None:
                    parameter.grad.div_(total.clamp(min=TINY))
            finish()
        return results

    return step


def closure_step(run: Pass, update: Update, accumulate: int) -> Any:
    """An eager step of L-BFGS, which evaluates the loss several times; the results are the first ones."""
    optimizer, finish = update.optimizer, finishing(update)
    for name, given in (("accumulate", accumulate > 1), ("max_norm", update.max_norm is not None)):
        if given:
            raise ValueError(
                f"fit: {name} does not apply to LBFGS, which evaluates the loss of one batch at several "
                "points and needs its true gradient; choose another batch_size, lr or line_search_fn"
            )

    def step(*batch: Tensor) -> tuple[Tensor, ...]:
        results: tuple[Tensor, ...] = ()

        def closure() -> Tensor:
            nonlocal results
            optimizer.zero_grad()
            found = run(batch, check=not results)  # a line search may try weights with an infinite loss
            results = results or found
            return found[0]

        finish(closure)
        return results

    return step


def finishing(update: Update) -> Callable[..., None]:
    """What follows the backward pass; an optimizer that needs a closure gets it."""
    optimizer, max_norm, scheduler, average = update

    def finish(*closure: Callable[[], Tensor]) -> None:
        if max_norm is not None:
            clip_grad_norm_(parameters_of(optimizer), max_norm)
        optimizer.step(*closure)
        if scheduler is not None:
            scheduler.step()
        if average is not None:
            average.update()

    return finish


def parameters_of(optimizer: Optimizer) -> list[Tensor]:
    """The parameters now; a callback may add some."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def captured(step: Any) -> CompiledStep:
    """The step captured; it runs eagerly if it cannot be captured."""
    return CompiledStep(step, cache_size=VARIANTS, falls_back=True)
