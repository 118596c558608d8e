"""Save the state of a training after epochs, and resume from it."""

from __future__ import annotations

import os
import string
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Generator, default_generator
from nncore.errors import CheckpointError, arguments
from nncore.files.atomic import check_replaceable
from nncore.files.endings import NESTED, format_of
from nncore.files.serialization import load, save
from nncore.train.callbacks.base import Callback
from nncore.train.callbacks.monitor import Monitor
from nncore.train.modes import copied

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.history import TrainingState


class Checkpoint(Callback):
    """Save model, optimizer, scheduler, averaged model, random numbers and history after epochs; see `save`.

    `path` may have fields as those of `str.format`: {epoch}, {step} and the last numbers of the history;
    "{{" is a brace. Saved is every `every`-th epoch or, with `monitor`, each of these that is the best so far
    (`mode` is that of `EarlyStopping`). With `keep` the older of the files are removed but for this number.
    A run that continues with `resume` gives the same bits as a run without interruption. `done` is the number
    of epochs before this training, which count in {epoch} and in the file.
    Errors, before the first step: OSError if `path` cannot be written; ValueError for a field or a monitor
    that the history will not have.

        best = Checkpoint("run-{epoch:03d}-{val_loss:.3f}.nnz", monitor="val_loss", keep=3)
        fit(model, x, y, validation=(xv, yv), optimizer=optimizer, generator=generator, callbacks=[best])
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: int = 1,
        *,
        monitor: str | None = None,
        mode: str = "auto",
        keep: int | None = None,
        done: int = 0,
    ) -> None:
        self.path = os.fsdecode(path)
        format_of("Checkpoint", self.path, NESTED)
        self.every = arguments.size("Checkpoint", "every", every, 1)
        self.done = arguments.size("Checkpoint", "done", done)
        self.keep = None if keep is None else arguments.size("Checkpoint", "keep", keep, 1)
        if not _has_fields(self.path) and self.keep is not None and self.keep > 1:
            raise ValueError(
                f"Checkpoint: keep={keep} needs a path with a field, such as 'run-{{epoch}}.nnz', got "
                f"{self.path!r}"
            )
        self._monitor = None if monitor is None else Monitor("Checkpoint", monitor, mode)
        self._written: list[str] = []

    def on_train_begin(self, state: TrainingState) -> None:
        self._written = []
        if self._monitor is not None:
            self._monitor.check(state)
            self._monitor.reset()
        check_replaceable(self._filled(state, dict.fromkeys(state.names(), 0.0)))

    def on_epoch_end(self, state: TrainingState) -> None:
        if state.epoch % self.every or (self._monitor is not None and not self._monitor.improves(state)):
            return
        path = self._filled(state, state.history.last())
        save(self._contents(state), path)
        self._written = [*(name for name in self._written if name != path), path]
        while self.keep is not None and len(self._written) > self.keep:
            with suppress(FileNotFoundError):
                os.remove(self._written.pop(0))

    def _filled(self, state: TrainingState, numbers: dict[str, Any]) -> str:
        """The path with its fields filled in."""
        try:
            return self.path.format_map({**numbers, "epoch": self.done + state.epoch, "step": state.step})
        except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
            names = ", ".join(map(repr, ("epoch", "step", *state.names())))
            kind = type(error).__name__
            raise ValueError(
                f"Checkpoint: the fields of {self.path!r} cannot be filled in ({kind}: {error}); expected "
                f"fields such as {{epoch:03d}} from {names}"
            ) from None

    def _contents(self, state: TrainingState) -> dict[str, Any]:
        scheduler, ema, generator = state.scheduler, state.ema, state.generator
        return {
            "epoch": self.done + state.epoch,
            "step": state.step,
            "model": dict(state.model.state_dict()),
            "optimizer": state.optimizer.state_dict(),
            "optimizer_class": type(state.optimizer).__name__,
            "scheduler": None if scheduler is None else scheduler.state_dict(),
            "scheduler_class": None if scheduler is None else type(scheduler).__name__,
            "ema": None if ema is None else dict(ema.state_dict()),
            "generator": None if generator is None else generator.get_state(),
            "global_generator": default_generator().get_state(),
            "history": {name: [_plain(value) for value in values] for name, values in state.history.items()},
        }


def resume(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Optimizer,
    generator: Generator | None = None,
    *,
    scheduler: Any = None,
    ema: Any = None,
) -> int:
    """Restore all that a file of `Checkpoint` has; returns the number of epochs done.

        done = resume("run.nnz", model, optimizer, generator)
        fit(model, x, y, optimizer=optimizer, generator=generator, epochs=100 - done)

    If `ema` was a number, make an Average with this decay, and give it to `resume` and to `fit`. Callbacks
    begin anew: EarlyStopping and the `monitor` and `keep` of Checkpoint do not know the epochs before.
    An error leaves everything unchanged. Errors: CheckpointError for another file, and for a generator,
    scheduler or averaged model that only one side has; the errors of load_state_dict for a checkpoint of
    another model.
    """
    contents = load(path)
    parts = {"epoch", "model", "optimizer", "optimizer_class", "generator", "global_generator"}
    if not isinstance(contents, dict) or not parts <= set(contents):
        raise CheckpointError(f"{path}: not written by nncore.train.Checkpoint")
    for name, given in (("optimizer", optimizer), ("scheduler", scheduler)):
        saved = contents.get(f"{name}_class")
        if given is not None and saved not in (None, type(given).__name__):
            expected = f"expected {type(given).__name__}'s"
            raise CheckpointError(f"{path}: contains the state of {saved}, {expected}")
    optional = {"generator": generator, "scheduler": scheduler, "ema": ema}
    for name, given in optional.items():
        if (given is None) != (contents.get(name) is None):
            has = "without" if contents.get(name) is None else "with"
            what, remedy = f"a {name}", f"resume {has} one"
            if name == "ema":
                what = "an averaged model"
                if given is None:
                    remedy = "give resume and fit ema=Average(model, decay)"
            raise CheckpointError(f"{path}: saved {has} {what}; {remedy}")
    if type(contents["epoch"]) is not int:
        raise CheckpointError(f"{path}: the epoch is {contents['epoch']!r}; expected an int")
    _check_generator_state(path, "global_generator", contents["global_generator"])
    if generator is not None:
        _check_generator_state(path, "generator", contents["generator"])
    _load_all(contents, model=model, scheduler=scheduler, optimizer=optimizer, ema=ema)
    if generator is not None:
        generator.set_state(contents["generator"])
    default_generator().set_state(contents["global_generator"])
    return contents["epoch"]


def _load_all(contents: dict[str, Any], **parts: Any) -> None:
    """Load the state of each part that is not None; after an error all are as before."""
    loaded: list[tuple[Any, dict[str, Any]]] = []
    try:
        for name, part in parts.items():
            if part is not None:
                before = copied(part.state_dict())
                part.load_state_dict(contents[name])
                loaded.append((part, before))
    except BaseException:
        for part, before in loaded:
            part.load_state_dict(before)
        raise


def _check_generator_state(path: str | os.PathLike[str], name: str, state: Any) -> None:
    try:
        Generator().set_state(state)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: the state of {name} is damaged: {error}") from None


def _has_fields(path: str) -> bool:
    try:
        return any(field is not None for _, field, _, _ in string.Formatter().parse(path))
    except ValueError as error:
        raise ValueError(
            f"Checkpoint: the fields of {path!r} cannot be read: {error}; write a brace as {{{{"
        ) from None


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
