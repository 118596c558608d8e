"""The epochs of `fit`: steps on batches, and the numbers that they leave in the history."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from nncore._core import structure_version
from nncore.captured.epoch import Epoch, order_of
from nncore.errors import DivergenceError
from nncore.train.divergence import LastGood, first_non_finite
from nncore.train.modes import put_back
from nncore.train.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nncore._core import Tensor
    from nncore.train.budget import Budget
    from nncore.train.history import TrainingState
    from nncore.train.interrupt import DeferredInterrupt
    from nncore.train.layout import Batch
    from nncore.train.measures import Measures
    from nncore.train.progress import Silent
    from nncore.train.source import Reading, Source


class Enough(Exception):
    """Raised between two steps to end the training in the middle of an epoch."""


class Epochs:
    """Trains the model of `state`, one epoch at a time."""

    def __init__(self, state: TrainingState, budget: Budget, bar: Silent, step: Any) -> None:
        self._state, self._budget, self._bar, self._step = state, budget, bar, step
        self._version: int | None = None
        self._before = 0  # steps before this epoch

    def run(self, interrupt: DeferredInterrupt) -> None:
        """Train for one epoch and append its numbers to the history."""
        state = self._state
        if self._version != structure_version():  # a callback may have changed the model or its mode
            state.model.train()
            self._version, self._good = structure_version(), LastGood(state.model)
        started = perf_counter()
        try:
            if state.epoch == 0:
                before = [(buffer, buffer.clone()) for buffer in state.model.buffers()]
                with put_back(before, lambda: self.done == 0):
                    self._pass(interrupt)
            else:
                self._pass(interrupt)
        except Enough:
            pass
        except DivergenceError as error:
            raise self._good.diverged(f"the loss {error}", state.epoch, self.done + 1) from None
        state.step = self._before + self.done
        state.history.samples_per_second.append(self.rows / max(perf_counter() - started, 1e-9))
        if (name := first_non_finite(self._good.values)) is not None:
            raise self._good.diverged(f"{name} is no longer finite", state.epoch, self.done)
        self._good.keep()
        for name, value in (self.numbers(self.done) | self.metrics()).items():
            state.history.append(name, value)
        if interrupt.pressed:
            raise KeyboardInterrupt

    @property
    def refusal(self) -> str:
        """Why the steps cannot be captured, or an empty text."""
        return getattr(self._step, "refusal", "")

    @property
    def done(self) -> int:
        """The number of completed steps of the epoch."""
        raise NotImplementedError

    @property
    def rows(self) -> int:
        """The number of rows in these steps."""
        return self._rows_in(self.done)

    def numbers(self, steps: int) -> dict[str, Any]:
        """The mean loss and the accuracy in the first steps of the epoch."""
        raise NotImplementedError

    def metrics(self) -> dict[str, Any]:
        """The other metrics of the epoch."""
        return {}

    def _pass(self, interrupt: DeferredInterrupt) -> None:
        """One step on each batch."""
        look = self._bar.first_look
        self._before = self._state.step

        def progress(steps: int) -> None:
            nonlocal look
            if steps >= look:
                look = self._bar.show(steps, self._rows_in(steps), lambda: self.numbers(steps))
            if interrupt.pressed:
                raise KeyboardInterrupt
            if self._budget.is_out_of_time:
                raise Enough

        self._steps(self._budget.steps_left(self._state.step), progress)

    def _steps(self, most: int | None, progress: Callable[[int], object]) -> None:
        """The steps of an epoch, at most `most`; `progress` is called with the number of completed ones."""
        raise NotImplementedError

    def _rows_in(self, steps: int) -> int:
        raise NotImplementedError


class ArrayEpochs(Epochs):
    """Epochs on tensors in memory, replayed natively; `step` returns the loss and perhaps the hits."""

    def __init__(
        self,
        state: TrainingState,
        budget: Budget,
        bar: Silent,
        step: Any,
        columns: Any,
        size: int,
        order: Callable[[], Tensor],
        used: int,
        possible: float,
    ) -> None:
        super().__init__(state, budget, bar, step)
        self._epoch = Epoch(step, getattr(step, "_replay_epoch", None), columns, size)
        self._order, self._used, self._size, self._possible = order, used, size, possible

    @property
    def done(self) -> int:
        return self._epoch.done

    def _steps(self, most: int | None, progress: Callable[[int], object]) -> None:
        steps = -(-self._used // self._size)
        self._epoch.steps = steps if most is None else min(steps, most)
        self._epoch.run(self._order(), progress)

    def _rows_in(self, steps: int) -> int:
        return min(steps * self._size, self._used)

    def numbers(self, steps: int) -> dict[str, Any]:
        losses, *right = self._epoch.numbers
        rows = self._rows_in(steps)
        missing = steps * self._size - rows  # in the last batch
        loss = (sum(losses[:steps]) * self._size - losses[steps - 1] * missing) / rows
        found = {"loss": loss}
        if right:
            found["accuracy"] = sum(right[0][:steps]) / (rows * self._possible)
        return found


class BatchEpochs(Epochs):
    """Epochs on batches one by one; `step` returns the loss, perhaps the hits, and the output for metrics.

    A step has `group` batches, or those that are left. If that is not 1, `step` gets before the tensors of a
    batch whether it is the first and the last of its step. `after` is called after each step; the result True
    ends the training.
    """

    def __init__(
        self,
        state: TrainingState,
        budget: Budget,
        bar: Silent,
        step: Any,
        batches: Callable[[], Iterator[Batch]],
        target: int,
        measures: Measures,
        group: int,
        after: Callable[[TrainingState], bool] | None,
    ) -> None:
        super().__init__(state, budget, bar, step)
        self._batches, self._group, self._after = batches, group, after
        self._target, self._measures, self._done = target, measures, 0

    @property
    def done(self) -> int:
        return self._done

    def _steps(self, most: int | None, progress: Callable[[int], object]) -> None:
        self._done = 0
        self._measures.reset()
        for batch, first, last in placed(self._batches(), self._group):
            self._add(batch, () if self._group == 1 else (first, last))
            if not last:
                continue
            self._done += 1
            self._state.step = self._before + self._done
            progress(self._done)
            if self._after is not None and self._after(self._state):
                raise Enough
            if self._done == most:
                return

    def _add(self, batch: Batch, place: tuple[bool, ...]) -> None:
        """Take a step, or a part of it, and add its results."""
        loss, *rest = self._step(*place, *batch)
        number, measures, target = loss.item(), self._measures, batch[self._target]
        right = None if measures.hits is None else int(rest[0].item())
        measures.add(number, rest[-1].detach() if measures.need_outputs else None, target, right)
        self._state.logs = {"loss": number}
        if right is not None:
            self._state.logs["accuracy"] = right / measures.possible(target)

    def _rows_in(self, steps: int) -> int:
        return self._measures.rows

    def numbers(self, steps: int) -> dict[str, Any]:
        return self._measures.numbers()

    def metrics(self) -> dict[str, Any]:
        return self._measures.others()


def epochs_of(
    state: TrainingState,
    budget: Budget,
    bar: Silent,
    step: Any,
    source: Source,
    reading: Reading,
    group: int,
    measures: Measures,
    after: Callable[[TrainingState], bool] | None,
) -> Epochs:
    """The epochs on a source, `group` batches per step: native if nothing needs the batches one by one."""
    target, size = source.layout.target, reading.size
    if not isinstance(source, Rows):
        return BatchEpochs(state, budget, bar, step, source.batches, target, measures, group, after)
    used = source.samples // reading.size * reading.size if reading.drop_last else source.samples
    if used == 0:
        raise ValueError(
            f"fit: x has {source.samples} rows, and with drop_last no batch of {reading.size}; choose a "
            "smaller batch_size"
        )

    def order() -> Tensor:
        drawn = order_of(source.samples, reading.shuffle, reading.generator)
        return drawn if used == source.samples else drawn[:used]

    if source.is_dense and group == 1 and after is None and not measures.need_outputs:
        possible = measures.possible(source.target) / source.samples
        return ArrayEpochs(state, budget, bar, step, source.columns, size, order, used, possible)

    def batches() -> Iterator[Batch]:
        return source.batches(size, order())

    return BatchEpochs(state, budget, bar, step, batches, target, measures, group, after)


def placed(batches: Iterator[Batch], group: int) -> Iterator[tuple[Batch, bool, bool]]:
    """Each batch, and whether it is the first and the last of the batches of a step."""
    batch, place = next(batches, None), 1
    while batch is not None:
        following = next(batches, None) if place < group else None
        yield batch, place == 1, following is None
        place = place + 1 if following is not None else 1
        batch = next(batches, None) if following is None else following
