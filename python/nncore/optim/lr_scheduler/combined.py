"""Schedules made of others: one after another, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nncore import _core
from nncore.captured.actions import repeat_in_replays
from nncore.errors.arguments import listed, size
from nncore.optim.optimizer import Optimizer

from .base import LRScheduler, optimizer_of
from .plateau import ReduceLROnPlateau

__all__ = ["ChainedScheduler", "SequentialLR"]


class Combined(LRScheduler):
    """A schedule made of others of the same optimizer; its state dict has theirs."""

    _schedulers: list[Any]

    def _take(self, schedulers: Iterable[LRScheduler], optimizer: Optimizer | None) -> None:
        """Set `_schedulers` and `optimizer`, that of the first schedule if None."""
        name = type(self).__name__
        self._schedulers = listed(name, "schedulers", schedulers)
        if not self._schedulers:
            raise ValueError(f"{name}: schedulers is empty; give at least one")
        for i, scheduler in enumerate(self._schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name}: schedulers[{i}] must be a schedule, got {type(scheduler).__name__}")
            optimizer = optimizer_of(name, scheduler.optimizer if optimizer is None else optimizer)
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name}: schedulers[{i}] is ReduceLROnPlateau, whose step() takes a metric; call it "
                    "yourself"
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"{name}: schedulers[{i}] has another optimizer")
        assert optimizer is not None
        self.optimizer = optimizer

    def _undo_initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._undo_initial_step()

    def _rewind(self) -> None:
        for scheduler in self._schedulers:
            scheduler._rewind()

    def _update_lr(self, epoch: int | None = None) -> None:
        """Start at epoch 0, as a part of a sequence."""
        for group in self.optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"])
        self._rewind()
        self._initial_step()

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        loaded = self._loaded(state_dict)
        for scheduler, saved in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(saved)
        vars(self).update(loaded)

    def _loaded(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        loaded = super()._loaded(state_dict)
        saved = loaded.pop("_schedulers")
        if len(saved) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}: the state_dict has {len(saved)} schedulers, expected "
                f"{len(self._schedulers)}"
            )
        for scheduler, state in zip(self._schedulers, saved, strict=True):
            scheduler._loaded(state)
        return loaded


class SequentialLR(Combined):
    """Runs `schedulers` one after another; at each epoch in `milestones` the next one starts at epoch 0.

    Errors: ValueError unless there is one milestone fewer than schedulers and all of them have this
    optimizer.

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    >>> warm_up = nncore.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> then = nncore.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = nncore.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, then], milestones=[2])
    >>> rates = []
    >>> for epoch in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Iterable[LRScheduler],
        milestones: Iterable[int],
        last_epoch: int = -1,
    ) -> None:
        self._take(schedulers, optimizer_of("SequentialLR", optimizer))
        self._milestones = [size("SequentialLR", "milestones", epoch) for epoch in milestones]
        if len(self._milestones) != len(self._schedulers) - 1:
            raise ValueError(
                f"SequentialLR: expected one scheduler more than milestones, got {len(self._schedulers)} "
                f"schedulers and {len(self._milestones)} milestones"
            )
        self.last_epoch = last_epoch + 1
        # The constructor of each scheduler has taken its first step; undo all of these except the first.
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._undo_initial_step()
        self._initial_step()

    def _rewind(self) -> None:
        super()._rewind()
        self.last_epoch = 0

    def _initial_step(self) -> None:
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Advance to the next epoch."""
        repeat_in_replays(self.step, self.optimizer.param_groups)
        self.last_epoch += 1
        current = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[current]
        with _core.once():  # a captured step repeats this schedule, not its parts
            if current > 0 and self._milestones[current - 1] == self.last_epoch:
                scheduler._update_lr(0)
            else:
                scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(Combined):
    """Takes a step of each of `schedulers` in every epoch, so that their factors multiply.

    Errors: ValueError if there is none, or if one has another optimizer.

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    >>> warm_up = nncore.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> decay = nncore.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = nncore.optim.lr_scheduler.ChainedScheduler([warm_up, decay])
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = self._schedulers[-1].get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Advance all schedules to the next epoch."""
        repeat_in_replays(self.step, self.optimizer.param_groups)
        with _core.once():  # a captured step repeats this schedule, not its parts
            for scheduler in self._schedulers:
                scheduler.step()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]
