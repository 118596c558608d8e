"""Schedules that follow one another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from nncore import _core
from nncore.captured.actions import repeat_in_replays
from nncore.optim.optimizer import Optimizer

from .base import LRScheduler, optimizer_of
from .plateau import ReduceLROnPlateau

__all__ = ["SequentialLR"]


class SequentialLR(LRScheduler):
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
        self.optimizer = optimizer_of("SequentialLR", optimizer)
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        if not self._schedulers:
            raise ValueError("SequentialLR expects at least one scheduler to be chained")
        for i, scheduler in enumerate(self._schedulers):
            if getattr(scheduler, "optimizer", None) is not optimizer:
                raise ValueError(f"SequentialLR: the scheduler at index {i} has another optimizer")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"SequentialLR: the scheduler at index {i} is ReduceLROnPlateau, whose step() takes a "
                    "metric; call it yourself"
                )
        if len(self._milestones) != len(self._schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number "
                f"of milestone points, but got number of schedulers {len(self._schedulers)} and "
                f"the number of milestones to be equal to {len(self._milestones)}"
            )
        self.last_epoch = last_epoch + 1
        # The constructor of each scheduler has taken its first step; undo all of these except the first.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in self._schedulers:
            scheduler._undo_initial_step()
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _initial_step(self) -> None:
        self._schedulers[bisect_right(self._milestones, 0)]._initial_step()

    def _undo_initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._undo_initial_step()

    def step(self) -> None:
        repeat_in_replays(self.step, self.optimizer.param_groups)
        self.last_epoch += 1
        current = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[current]
        with _core.once():  # a captured step repeats this schedule, not its parts
            if current > 0 and self._milestones[current - 1] == self.last_epoch:
                scheduler._restart()
            else:
                scheduler.step()
        self._last_lr = scheduler.get_last_lr()

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
                f"SequentialLR: the state_dict has {len(saved)} schedulers, expected {len(self._schedulers)}"
            )
        for scheduler, state in zip(self._schedulers, saved, strict=True):
            scheduler._loaded(state)
        return loaded
