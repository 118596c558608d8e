"""End the training when a number of the history no longer improves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore.errors import arguments
from nncore.train.callbacks.base import Callback
from nncore.train.callbacks.monitor import Monitor
from nncore.train.modes import copied

if TYPE_CHECKING:
    from nncore.train.history import TrainingState


class EarlyStopping(Callback):
    """End `fit` after `patience` epochs without an improvement of a number in its history.

    `monitor` names a list of History, or one that `on_train_begin` of an earlier callback adds to it. An
    improvement is larger than `min_delta`. mode: "min", "max", or "auto": larger is better for accuracy and
    other scores, smaller for losses and errors; NaN is never an improvement. Whenever the training ends,
    also by Ctrl-C or another callback, but not by another error, the weights of the best epoch are restored,
    and those of the averaged model; `restore_best=False` keeps the last weights. Each `fit` resets the state;
    `best_epoch` belongs to the latest.
    Errors: ValueError before training for a list that the history will not have, and for a direction that
    "auto" does not know.
    Source: Goodfellow et al. 2016, algorithm 7.1.

        fit(model, x, y, validation=(xv, yv), epochs=500, callbacks=[EarlyStopping(patience=10)])
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str = "auto",
        *,
        restore_best: bool = True,
    ) -> None:
        delta = arguments.number("EarlyStopping", "min_delta", min_delta, 0)
        self._monitor = Monitor("EarlyStopping", monitor, mode, delta)
        self.patience = arguments.size("EarlyStopping", "patience", patience, 1)
        self.restore_best = restore_best
        self._reset()

    def _reset(self) -> None:
        self.best_epoch = 0
        self._monitor.reset()
        self._weights: list[tuple[Any, dict[str, Any]]] = []

    def on_train_begin(self, state: TrainingState) -> None:
        self._monitor.check(state)
        self._reset()

    def on_epoch_end(self, state: TrainingState) -> bool:
        if self._monitor.improves(state):
            self.best_epoch = state.epoch
            if self.restore_best:
                models = [model for model in (state.model, state.ema) if model is not None]
                self._weights = [(model, copied(model.state_dict())) for model in models]
            return False
        return state.epoch - self.best_epoch >= self.patience

    def on_train_end(self, state: TrainingState) -> None:
        for model, weights in self._weights:
            model.load_state_dict(weights)
        self._weights = []
