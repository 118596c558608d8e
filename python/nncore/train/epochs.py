"""The epochs of `fit`: steps on batches, and the numbers that they leave in the history."""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any

from nncore._core import Tensor, check_finite, structure_version
from nncore.captured.epoch import Epoch, order_of
from nncore.captured.step import CompiledStep
from nncore.errors import DivergenceError
from nncore.train import prepare
from nncore.train.divergence import diverged, first_non_finite, floating
from nncore.train.metrics import hits, targets_per_row
from nncore.train.modes import put_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.callbacks import Callbacks
    from nncore.train.history import TrainingState
    from nncore.train.interrupt import DeferredInterrupt
    from nncore.train.prepare import Loss
    from nncore.train.progress import Silent
    from nncore.train.source import Loaded


class Epochs:
    """Trains the model of `state`, one epoch at a time."""

    def __init__(self, state: TrainingState, bar: Silent, hooks: Callbacks) -> None:
        self._state, self._bar, self._hooks = state, bar, hooks
        self._version: int | None = None
        self._values: list[tuple[str, Tensor]] = []  # that must stay finite

    def run(self, interrupt: DeferredInterrupt) -> None:
        """Train for one epoch and append its loss and accuracy to the history."""
        state = self._state
        if self._version != structure_version():  # a callback may have changed the model or its mode
            state.model.train()
            self._version, self._values = structure_version(), floating(state.model)
        started = perf_counter()
        try:
            if state.epoch == 0:
                before = [(buffer, buffer.clone()) for buffer in state.model.buffers()]
                with put_back(before, lambda: self.done == 0):
                    self._pass(interrupt)
            else:
                self._pass(interrupt)
        except DivergenceError as error:
            raise self._diverged(f"the loss {error}", self.done + 1) from None
        state.history.samples_per_second.append(self.rows / max(perf_counter() - started, 1e-9))
        if (name := first_non_finite(self._values)) is not None:
            raise self._diverged(f"{name} is no longer finite", self.done)
        loss, accuracy = self._means(self.done)
        state.history.loss.append(loss)
        if accuracy is not None:
            state.history.accuracy.append(accuracy)
        if interrupt.pressed:
            raise KeyboardInterrupt

    @property
    def done(self) -> int:
        """The number of completed steps of the epoch."""
        raise NotImplementedError

    @property
    def rows(self) -> int:
        """The number of rows in these steps."""
        return self._rows_in(self.done)

    def _pass(self, interrupt: DeferredInterrupt) -> None:
        """One step on each batch."""
        look = self._bar.first_look
        before = self._state.step

        def progress(steps: int) -> None:
            nonlocal look
            self._state.step = before + steps
            if self._hooks.have("on_batch_end"):
                self._state.logs = {"loss": self._loss_of(steps)}
                if self._hooks("on_batch_end", self._state):
                    raise _Ended
            if steps >= look:
                look = self._bar.show(steps, self._rows_in(steps), *self._means(steps))
            if interrupt.pressed:
                raise KeyboardInterrupt

        with suppress(_Ended):
            self._steps(progress)
        self._state.step = before + self.done

    def _steps(self, progress: Callable[[int], object]) -> None:
        """All steps of an epoch; `progress` is called with the number of completed ones."""
        raise NotImplementedError

    def _rows_in(self, steps: int) -> int:
        raise NotImplementedError

    def _means(self, steps: int) -> tuple[float, float | None]:
        """The mean loss and the accuracy in the first steps of the epoch."""
        raise NotImplementedError

    def _loss_of(self, step: int) -> float:
        """The loss of this step, the newest, counted from 1."""
        raise NotImplementedError

    def _diverged(self, what: str, step: int) -> DivergenceError:
        return diverged(self._state.model, what, self._state.epoch + 1, step)


class _Ended(Exception):
    """A callback ends the training in the middle of an epoch."""


class ArrayEpochs(Epochs):
    """Epochs on the rows of x and y in memory; `step` returns what `training_step` does."""

    def __init__(
        self,
        state: TrainingState,
        step: Any,
        data: list[Tensor],
        size: int,
        shuffle: bool,
        bar: Silent,
        hooks: Callbacks,
    ) -> None:
        super().__init__(state, bar, hooks)
        self._shuffle = shuffle
        replay = None if hooks.have("on_batch_end") else getattr(step, "_replay_epoch", None)
        self._epoch = Epoch(step, replay, data, size)
        self._rows, self._size, self._places = len(data[0]), size, targets_per_row(data[1])

    @property
    def done(self) -> int:
        return self._epoch.done

    def _steps(self, progress: Callable[[int], object]) -> None:
        self._epoch.run(order_of(self._rows, self._shuffle, self._state.generator), progress)

    def _rows_in(self, steps: int) -> int:
        return min(steps * self._size, self._rows)

    def _loss_of(self, step: int) -> float:
        return float(self._epoch.numbers[0][step - 1])

    def _means(self, steps: int) -> tuple[float, float | None]:
        losses, *right = self._epoch.numbers
        rows = self._rows_in(steps)
        missing = steps * self._size - rows  # in the last batch
        loss = (sum(losses[:steps]) * self._size - losses[steps - 1] * missing) / rows
        return loss, sum(right[0][:steps]) / (rows * self._places) if right else None


class LoaderEpochs(Epochs):
    """Epochs on the batches of a loader, read anew in each; `step` returns what `training_step` does."""

    def __init__(
        self, state: TrainingState, step: Any, source: Loaded, bar: Silent, hooks: Callbacks
    ) -> None:
        super().__init__(state, bar, hooks)
        self._step, self._source = step, source
        self._done = self._rows = self._targets = self._right = 0  # in this epoch
        self._loss = self._newest = 0.0

    @property
    def done(self) -> int:
        return self._done

    def _steps(self, progress: Callable[[int], object]) -> None:
        self._done = self._rows = self._targets = self._right = 0
        self._loss = 0.0
        for x, y in self._source.batches():
            loss, *right = (result.item() for result in self._step(x, y))
            self._newest = loss
            self._loss += loss * len(x)
            self._rows += len(x)
            self._done += 1
            if right:
                self._right += int(right[0])
                self._targets += len(y) * targets_per_row(y)
            progress(self._done)

    def _rows_in(self, steps: int) -> int:
        return self._rows

    def _loss_of(self, step: int) -> float:
        return self._newest

    def _means(self, steps: int) -> tuple[float, float | None]:
        return self._loss / self._rows, self._right / self._targets if self._targets else None


def training_step(model: Module, optimizer: Optimizer, loss: Loss, classes: bool, compile: bool) -> Any:
    """One optimizer step, which returns the loss and, for classes, the number of correct targets."""

    def step(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        output = model(x)
        error = loss(output, y)
        try:
            check_finite(error)
            optimizer.zero_grad()
            error.backward()
        except Exception:
            prepare.check_loss("fit", error)
            raise
        optimizer.step()
        return (error, hits(output, y)) if classes else (error,)

    return CompiledStep(step, cache_size=4, falls_back=True) if compile else step
