"""The loop of `fit`: epoch after epoch with validation and callbacks, until the budget is spent."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from nncore.grad_mode import enable_grad
from nncore.train.interrupt import DeferredInterrupt
from nncore.train.modes import restored_mode

if TYPE_CHECKING:
    from nncore.train.average import Average
    from nncore.train.budget import Budget
    from nncore.train.callbacks import Callbacks
    from nncore.train.epochs import Epochs
    from nncore.train.held_out import HeldOut
    from nncore.train.history import TrainingState
    from nncore.train.progress import Silent
    from nncore.train.schedule import Schedule


class Loop(NamedTuple):
    """The parts of a training run."""

    state: TrainingState
    budget: Budget
    epochs: Epochs
    hooks: Callbacks
    schedule: Schedule
    average: Average | None
    held_out: HeldOut | None
    bar: Silent

    def run(self) -> None:
        """Train; a KeyboardInterrupt gets the history of the finished epochs."""
        try:
            self._run()
        except KeyboardInterrupt as error:
            error.history = self.state.history  # type: ignore[attr-defined]
            raise

    def _run(self) -> None:
        try:
            self._train()
        except KeyboardInterrupt:
            for values in vars(self.state.history).values():
                if isinstance(values, list):
                    del values[self.state.epoch :]
            self._end()
            raise
        finally:
            self.bar.close()
        self._end()

    def _train(self) -> None:
        state = self.state
        if self.average and self.average.is_exchanged:
            self.average.exchange()
        with DeferredInterrupt() as interrupt, restored_mode(state.model), enable_grad():
            self.budget.start()
            ends = state.stop
            while not ends and not self.budget.is_spent(state.epoch, state.step):
                with interrupt.lifted() if self.hooks else nullcontext():
                    if self.hooks("on_epoch_begin", state):
                        break
                self.epochs.run(interrupt)
                if self.epochs.refusal and state.epoch == 0:
                    warnings.warn(
                        f"fit: steps run one by one, because they cannot be captured: {self.epochs.refusal}",
                        stacklevel=5,
                    )
                with interrupt.lifted() if self.held_out or self.hooks else nullcontext():
                    ends = self._end_epoch()

    def _end_epoch(self) -> bool:
        """Validation and callbacks; returns whether one of them ends the training."""
        state = self.state
        with self.average.in_model() if self.average else nullcontext():
            if self.held_out:
                for name, value in self.held_out.numbers().items():
                    state.history.append(name, value)
            state.epoch += 1
            self.schedule.end_epoch(state.history)
            self.bar.end_epoch(state.history, self.epochs.done, self.epochs.rows)
            if not self.hooks:
                return False
            state.logs = state.history.last()
            return self.hooks("on_epoch_end", state)

    def _end(self) -> None:
        """The model keeps the averages, then the callbacks may change it."""
        with DeferredInterrupt():
            if self.average and not self.average.is_exchanged:
                self.average.exchange()
            self.hooks("on_train_end", self.state)
