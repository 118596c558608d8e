"""A schedule that depends on a metric, such as the loss."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal, SupportsFloat

from nncore.captured.actions import repeat_in_replays
from nncore.errors.arguments import number, real, size
from nncore.optim.optimizer import Optimizer

from .base import LRScheduler, optimizer_of, per_group

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiplies lr by `factor` when the metric given to `step` has not improved for more than `patience`
    epochs.

    Better means below best * (1 - threshold) ("rel") or best - threshold ("abs") for mode "min", and above
    best * (1 + threshold) or best + threshold for "max". After a reduction, `cooldown` epochs do not count.
    lr does not fall below `min_lr` (a number, or one per group), nor change by `eps` or less.

    Errors: ValueError for settings out of range.

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    >>> scheduler = nncore.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.optimizer = optimizer_of("ReduceLROnPlateau", optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"ReduceLROnPlateau: threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}"
            )
        self.factor = number("ReduceLROnPlateau", "factor", factor, 0.0)
        if self.factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, got {factor!r}")
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = per_group("ReduceLROnPlateau", "min_lr", optimizer, min_lr)
        self.mode, self.threshold_mode = mode, threshold_mode
        self.patience = size("ReduceLROnPlateau", "patience", patience)
        self.threshold = number("ReduceLROnPlateau", "threshold", threshold)
        self.cooldown = size("ReduceLROnPlateau", "cooldown", cooldown)
        self.eps = number("ReduceLROnPlateau", "eps", eps, 0.0)
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Record the metric of this epoch, which is the one after the last unless `epoch` is given."""
        current = real("ReduceLROnPlateau", "metrics", metrics)
        if epoch is not None:
            self._check_epoch(epoch)
        self._meet_groups()
        repeat_in_replays(partial(self.step, current, epoch), self.optimizer.param_groups)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _meet_groups(self) -> None:
        groups = len(self.optimizer.param_groups)
        if len(self.min_lrs) == groups:
            return
        if self.default_min_lr is None:
            raise RuntimeError(
                f"ReduceLROnPlateau: the optimizer has {groups} parameter groups but min_lrs has "
                f"{len(self.min_lrs)} entries; set scheduler.min_lrs to a list with one per group"
            )
        self.min_lrs = [self.default_min_lr] * groups

    def _is_better(self, metric: float) -> bool:
        sign = -1.0 if self.mode == "min" else 1.0
        if self.threshold_mode == "rel":
            return sign * metric > sign * self.best * (1.0 + sign * self.threshold)
        return sign * metric > sign * self.best + self.threshold

    def _reduce(self) -> None:
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            lr = max(group["lr"] * self.factor, least)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr
