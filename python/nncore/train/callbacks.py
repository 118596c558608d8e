"""What can be done after each epoch: stop early, keep a checkpoint, go on from one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore._core import default_generator
from nncore.errors import CheckpointError
from nncore.serialization import load, save

if TYPE_CHECKING:
    import os

    from nncore._core import Generator
    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.history import TrainingState


class EarlyStopping:
    """Ends `fit` when a number of its history has not improved for `patience` epochs.

    `monitor` names a list of History; losses improve downwards, accuracies upwards. The weights of the best
    epoch are put back when it does, unless `restore_best=False`. Source: Goodfellow et al. 2016, algorithm
    7.1.

        fit(model, x, y, validation=(xv, yv), epochs=500, callbacks=[EarlyStopping(patience=10)])
    """

    def __init__(self, monitor: str = "val_loss", patience: int = 5, *, restore_best: bool = True) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1, got {patience}")
        self.monitor = monitor
        self.patience = patience
        self.restore_best = restore_best
        self.best_epoch = 0
        self._best: float | None = None
        self._weights: dict[str, Any] = {}

    def __call__(self, state: TrainingState) -> bool:
        values = getattr(state.history, self.monitor, None)
        if not values:
            raise ValueError(
                f"EarlyStopping: the history has no {self.monitor!r}; give fit validation data, or monitor "
                "'loss'"
            )
        score = values[-1] if self.monitor.endswith("accuracy") else -values[-1]
        if self._best is None or score > self._best:
            self._best, self.best_epoch = score, state.epoch
            if self.restore_best:
                self._weights = {name: value.clone() for name, value in state.model.state_dict().items()}
            return False
        if state.epoch - self.best_epoch < self.patience:
            return False
        if self.restore_best:
            state.model.load_state_dict(self._weights)
        return True


class Checkpoint:
    """Saves model, optimizer, random numbers and history to `path` after every `every`-th epoch.

    Continue with `resume`: what follows has the same bits as a run that was never interrupted.

        fit(model, x, y, optimizer=optimizer, generator=generator, callbacks=[Checkpoint("run.ckpt")])
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        if every < 1:
            raise ValueError(f"Checkpoint: every must be at least 1, got {every}")
        self.path = path
        self.every = every

    def __call__(self, state: TrainingState) -> None:
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
    """Put model, optimizer and generator back to what `Checkpoint` saved; returns how many epochs were done.

        done = resume("run.ckpt", model, optimizer, generator)
        fit(model, x, y, optimizer=optimizer, generator=generator, epochs=100 - done)

    Raises CheckpointError for a file that does not hold one, and what load_state_dict raises for another
    model's.
    """
    contents = load(path)
    parts = {"epoch", "model", "optimizer", "optimizer_class", "generator", "global_generator"}
    if not isinstance(contents, dict) or not parts <= set(contents):
        raise CheckpointError(f"{path}: not written by nncore.train.Checkpoint")
    if contents["optimizer_class"] != type(optimizer).__name__:
        expected = f"expected {type(optimizer).__name__}'s"
        raise CheckpointError(f"{path}: holds the state of {contents['optimizer_class']}, {expected}")
    if (generator is None) != (contents["generator"] is None):
        has = "without" if contents["generator"] is None else "with"
        raise CheckpointError(f"{path}: saved {has} a generator; resume {has} one")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(contents["model"])
    try:
        optimizer.load_state_dict(contents["optimizer"])
    except Exception:
        model.load_state_dict(before)
        raise
    if generator is not None:
        generator.set_state(contents["generator"])
    default_generator().set_state(contents["global_generator"])
    return int(contents["epoch"])
