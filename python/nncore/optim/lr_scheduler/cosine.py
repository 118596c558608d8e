"""Cosine annealing, once and with restarts."""

from __future__ import annotations

import math
from typing import Any

from nncore.errors.arguments import number, size
from nncore.optim.optimizer import Optimizer

from .base import LRScheduler
from .curves import Curve

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(Curve):
    """lr = eta_min + (initial lr - eta_min) * (1 + cos(π * epoch / T_max)) / 2: half a cosine in `T_max`
    epochs.

    Source: Loshchilov and Hutter 2017, "SGDR", eq. 5, without restarts.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = size("CosineAnnealingLR", "T_max", T_max, 1)
        self.eta_min = number("CosineAnnealingLR", "eta_min", eta_min, 0.0)
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base_lr: float) -> float:
        if self._is_initial:
            return lr
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # the ratio below would be 0 / 0
            return lr + (base_lr - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        now, before = (
            1 + math.cos(math.pi * epoch / self.T_max) for epoch in (self.last_epoch, self.last_epoch - 1)
        )
        return now / before * (lr - self.eta_min) + self.eta_min

    def _closed(self, base_lr: float) -> float:
        part = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return self.eta_min + (base_lr - self.eta_min) * part


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr = eta_min + (initial lr - eta_min) * (1 + cos(π * T_cur / T_i)) / 2, where T_cur counts the epochs
    since the last restart.

    The first restart is after `T_0` epochs, and each period T_i is `T_mult` times the one before.
    `step(epoch)` with a fraction, such as `epoch + batch / batches`, sets the rate of one batch.

    Errors: ValueError unless `T_0` and `T_mult` are at least 1, and for a negative epoch.
    Source: Loshchilov and Hutter 2017, "SGDR", eq. 5.

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    >>> scheduler = nncore.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    >>> rates = []
    >>> for epoch in range(6):
    ...     rates.append(round(scheduler.get_last_lr()[0], 2))
    ...     scheduler.step()
    >>> rates
    [1.0, 0.5, 1.0, 0.85, 0.5, 0.15]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_0 = self.T_i = size("CosineAnnealingWarmRestarts", "T_0", T_0, 1)
        self.T_mult = size("CosineAnnealingWarmRestarts", "T_mult", T_mult, 1)
        self.eta_min = number("CosineAnnealingWarmRestarts", "eta_min", eta_min, 0.0)
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        part = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * part for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Advance by one epoch, or to `epoch`, which may have a fraction."""
        super().step(epoch)  # type: ignore[arg-type]

    def _check_epoch(self, epoch: Any) -> None:
        number("CosineAnnealingWarmRestarts", "epoch", epoch, 0.0)

    def _update_lr(self, epoch: float | None = None) -> None:
        if epoch is None and self._is_initial:
            epoch = self.last_epoch + 1
        if epoch is None:
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
            super()._update_lr()
        else:
            self._place(epoch)
            super()._update_lr(math.floor(epoch))

    def _place(self, epoch: float) -> None:
        """Set T_cur and T_i for `epoch`."""
        self.T_cur, self.T_i = epoch, self.T_0
        if self.T_mult == 1:
            self.T_cur = epoch % self.T_0
            return
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
