"""Callbacks that run after each epoch: early stopping, and checkpoints to resume from."""

from __future__ import annotations

import os
from math import isnan
from typing import TYPE_CHECKING, Any

from nncore._core import Generator, default_generator
from nncore.errors import CheckpointError, arguments
from nncore.files.atomic import check_replaceable
from nncore.files.endings import means_pytorch
from nncore.files.serialization import load, save
from nncore.train.callbacks.base import Callback
from nncore.train.history import History

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.history import TrainingState


class EarlyStopping(Callback):
    """End `fit` after `patience` epochs without an improvement of a number in its history.

    `monitor` names a list of History, or one that an earlier callback adds to it. If the name ends
    with "accuracy", larger is better, otherwise smaller; NaN is never an improvement. After training,
    unless an exception ends it, the weights of the best epoch are restored; `restore_best=False` keeps the
    last weights. Each `fit` resets the state; `best_epoch` belongs to the latest.
    Source: Goodfellow et al. 2016, algorithm 7.1.

        fit(model, x, y, validation=(xv, yv), epochs=500, callbacks=[EarlyStopping(patience=10)])
    """

    def __init__(self, monitor: str = "val_loss", patience: int = 5, *, restore_best: bool = True) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"EarlyStopping: monitor is {monitor!r}; expected the name of a list of History")
        self.monitor = monitor
        self.patience = arguments.size("EarlyStopping", "patience", patience, 1)
        self.restore_best = restore_best
        self._reset()

    def _reset(self) -> None:
        self.best_epoch = 0
        self._best: float | None = None
        self._weights: dict[str, Any] = {}

    def on_train_begin(self, state: TrainingState) -> None:
        own = vars(state.history).keys() - vars(History()).keys()
        if self.monitor not in own.union(state.numbers):
            raise self._nothing_to_monitor(state)
        self._reset()

    def on_epoch_end(self, state: TrainingState) -> bool:
        values = getattr(state.history, self.monitor, None)
        if not values:
            raise self._nothing_to_monitor(state)
        score = values[-1] if self.monitor.endswith("accuracy") else -values[-1]
        if self._best is None or score > self._best or (isnan(self._best) and not isnan(score)):
            self._best, self.best_epoch = score, state.epoch
            if self.restore_best:
                self._weights = {name: value.clone() for name, value in state.model.state_dict().items()}
            return False
        if state.epoch - self.best_epoch < self.patience:
            return False
        self._restore(state)
        return True

    def on_train_end(self, state: TrainingState) -> None:
        self._restore(state)
        self._weights = {}

    def _restore(self, state: TrainingState) -> None:
        if self._weights and self.best_epoch < state.epoch:
            state.model.load_state_dict(self._weights)

    def _nothing_to_monitor(self, state: TrainingState) -> ValueError:
        with_validation = [f"val_{name}" for name in ("loss", "accuracy") if name in state.numbers]
        advice = "give fit validation data, or " if self.monitor in with_validation else ""
        return ValueError(
            f"EarlyStopping: the history has no {self.monitor!r}; {advice}monitor one of "
            f"{', '.join(map(repr, state.numbers))}"
        )


class Checkpoint(Callback):
    """Save model, optimizer, random numbers and history to `path` after every `every`-th epoch; see `save`.

    A run that continues with `resume` gives the same bits as a run without interruption. `fit` raises OSError
    before the first step if `path` cannot be written.

        fit(model, x, y, optimizer=optimizer, generator=generator, callbacks=[Checkpoint("run.ckpt")])
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self.path = os.fspath(path)
        means_pytorch("Checkpoint", self.path)  # raises for an ending that `save` refuses
        self.every = arguments.size("Checkpoint", "every", every, 1)

    def on_train_begin(self, state: TrainingState) -> None:
        check_replaceable(self.path)

    def on_epoch_end(self, state: TrainingState) -> None:
        if state.epoch % self.every == 0:
            contents = {
                "epoch": state.epoch,
                "model": dict(state.model.state_dict()),
                "optimizer": state.optimizer.state_dict(),
                "optimizer_class": type(state.optimizer).__name__,
                "generator": None if state.generator is None else state.generator.get_state(),
                "global_generator": default_generator().get_state(),
                "history": dict(vars(state.history)),
            }
            save(contents, self.path)


def resume(
    path: str | os.PathLike[str], model: Module, optimizer: Optimizer, generator: Generator | None = None
) -> int:
    """Restore model, optimizer and generator from a file of `Checkpoint`; returns the number of epochs done.

        done = resume("run.ckpt", model, optimizer, generator)
        fit(model, x, y, optimizer=optimizer, generator=generator, epochs=100 - done)

    An error leaves everything unchanged. Errors: CheckpointError for another file; the errors of
    load_state_dict for a checkpoint of another model.
    """
    contents = load(path)
    parts = {"epoch", "model", "optimizer", "optimizer_class", "generator", "global_generator"}
    if not isinstance(contents, dict) or not parts <= set(contents):
        raise CheckpointError(f"{path}: not written by nncore.train.Checkpoint")
    if contents["optimizer_class"] != type(optimizer).__name__:
        expected = f"expected {type(optimizer).__name__}'s"
        raise CheckpointError(f"{path}: contains the state of {contents['optimizer_class']}, {expected}")
    if (generator is None) != (contents["generator"] is None):
        has = "without" if contents["generator"] is None else "with"
        raise CheckpointError(f"{path}: saved {has} a generator; resume {has} one")
    if type(contents["epoch"]) is not int:
        raise CheckpointError(f"{path}: the epoch is {contents['epoch']!r}; expected an int")
    _check_generator_state(path, "global_generator", contents["global_generator"])
    if generator is not None:
        _check_generator_state(path, "generator", contents["generator"])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(contents["model"])
    try:
        optimizer.load_state_dict(contents["optimizer"])
    except BaseException:
        model.load_state_dict(before)
        raise
    if generator is not None:
        generator.set_state(contents["generator"])
    default_generator().set_state(contents["global_generator"])
    return contents["epoch"]


def _check_generator_state(path: str | os.PathLike[str], name: str, state: Any) -> None:
    try:
        Generator().set_state(state)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: the state of {name} is damaged: {error}") from None
