"""The schedule of the learning rate in a training run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore.optim.lr_scheduler import ReduceLROnPlateau
from nncore.train.choices import scheduler_of

if TYPE_CHECKING:
    from nncore.optim import Optimizer
    from nncore.train.history import History

OF_BATCHES = ("OneCycleLR", "CyclicLR")
INTERVALS = ("epoch", "batch")


class Schedule:
    """A scheduler that advances after each epoch, or in each step: then `of_steps` is the scheduler."""

    def __init__(self, where: str, given: Any, interval: str | None, optimizer: Optimizer) -> None:
        self.scheduler = scheduler_of(where, given, optimizer)
        if interval is None:
            interval = "batch" if type(self.scheduler).__name__ in OF_BATCHES else "epoch"
        if interval not in INTERVALS:
            raise ValueError(f"{where}: scheduler_interval is {interval!r}; expected 'epoch' or 'batch'")
        self._needs_loss = isinstance(self.scheduler, ReduceLROnPlateau)
        if self._needs_loss and interval == "batch":
            raise ValueError(f"{where}: ReduceLROnPlateau needs scheduler_interval='epoch'")
        self._is_of_epochs = interval == "epoch" and self.scheduler is not None
        self.of_steps = self.scheduler if interval == "batch" else None

    def end_epoch(self, history: History) -> None:
        """Advance after an epoch; ReduceLROnPlateau gets the validation loss, or else the training loss."""
        if self._is_of_epochs and self._needs_loss:
            self.scheduler.step((history.val_loss or history.loss)[-1])
        elif self._is_of_epochs:
            self.scheduler.step()
