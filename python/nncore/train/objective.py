"""What training minimizes: the loss of a batch, and the count of its correct targets."""

from __future__ import annotations

import copy
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from nncore._core import Tensor
from nncore.train import choices, targets
from nncore.train.choices import described, is_one_of
from nncore.train.hits import threshold_hits
from nncore.train.metrics import classifies, targets_per_row
from nncore.train.metrics import hits as class_hits
from nncore.train.prepare import trial_output

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.train.choices import Loss
    from nncore.train.layout import Batch, Layout
    from nncore.train.source import Source

TRIED = 64  # rows whose outputs are checked to be probabilities
COMPARE = tuple(choices.LOSSES.values())
TINY = 1e-30  # keeps the mean of rows without weight at 0


class Objective:
    """The loss for the data of `source`, whose targets get the form that it compares.

    `task` is "multiclass", "binary", "multilabel" or "regression". `hits` counts the correct targets of a
    batch; it is None for a loss without accuracy. Raises ValueError and TypeError for targets that do not
    fit.
    """

    def __init__(self, where: str, model: Module, loss: Loss | None, source: Source, name: str = "y") -> None:
        self._where = where
        rows = TRIED if is_one_of(loss, choices.OF_PROBABILITIES) else 1
        batch = source.head(rows)
        self._output = trial_output(model, source.layout, batch)
        target = source.target
        if not isinstance(self._output, Tensor) and (loss is None or is_one_of(loss, COMPARE)):
            raise TypeError(
                f"{where}: the model returned {described(self._output)}, and the loss compares one Tensor "
                "with the target; give loss=, a function of what the model returns and the target"
            )
        self.loss = targets.default_loss(where, self._output, target) if loss is None else loss
        self._each = self.loss
        target = self.adapt(source, name)
        self.sample = self._output, target[:1]
        self.task = targets.task_of(self.loss, self._output, target)
        self.hits: Any = None
        if self.task == "multiclass":
            is_counted = isinstance(self._output, Tensor) and classifies(self._output, target)
            self.hits = class_hits if is_counted else None
        elif self.task != "regression":
            self.hits = threshold_hits(0.5 if is_one_of(self.loss, choices.OF_PROBABILITIES) else 0.0)

    def adapt(self, source: Source, name: str) -> Tensor:
        """Give the targets of a source the form that the loss compares; returns those that are known."""

        def form(y: Tensor) -> Tensor:
            return targets.fitted(self._where, self.loss, self._output, y, name)

        source.set_form(form)
        target = source.target
        return form(target)

    def use_weights(self) -> None:
        """Prepare `value` for batches with weights, over which it is the weighted mean."""
        self._each = one_per_row(self._where, self.loss)

    def value(self, layout: Layout, output: Tensor, batch: Batch) -> Tensor:
        """The mean loss of a batch."""
        if not layout.weighted:
            return self.loss(output, batch[layout.target])
        loss: Any = self._each(output, batch[layout.target])
        weights = batch[-1]
        if not isinstance(loss, Tensor) or loss.ndim == 0 or len(loss) != len(weights):
            shown = f"a tensor {loss.shape}" if isinstance(loss, Tensor) else described(loss)
            raise ValueError(
                f"{self._where}: the loss with reduction='none' returned {shown}; expected one number per row"
            )
        rows = loss if loss.ndim == 1 else loss.flatten(1).mean(1)
        return (rows * weights).sum() / weights.sum().clamp(min=TINY)

    def possible(self, target: Tensor) -> int:
        """How many hits the rows of this target may have."""
        return len(target) * (targets_per_row(target) if self.task == "multiclass" else 1)


def one_per_row(where: str, loss: Loss) -> Loss:
    """The loss without its mean over the rows."""
    if hasattr(loss, "reduction"):
        each = copy.copy(loss)
        each.reduction = "none"
        return each
    try:
        takes = "reduction" in inspect.signature(loss).parameters
    except (TypeError, ValueError):  # a function of the core
        takes = any(is_one_of(loss, kinds) for kinds in (choices.OF_CLASSES, choices.OF_VALUES))
    if not takes:
        raise ValueError(
            f"{where}: weights of rows need a loss with an argument or attribute 'reduction', as those of "
            "nncore.nn; or weigh the rows in your loss"
        )
    return partial(loss, reduction="none")  # type: ignore[call-arg]
