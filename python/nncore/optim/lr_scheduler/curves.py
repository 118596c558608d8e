"""Schedules that depend only on the epoch and have a closed form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nncore.errors.arguments import listed, number, size
from nncore.optim.optimizer import Optimizer

from .base import LRScheduler

__all__ = ["ConstantLR", "Curve", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"]


class Curve(LRScheduler):
    """Base of the schedules with a closed form: a subclass defines `_next` and `_closed`."""

    def _next(self, lr: float, base_lr: float) -> float:
        """The rate for epoch `last_epoch` of a group whose rate was `lr` before and `base_lr` at first."""
        raise NotImplementedError

    def _closed(self, base_lr: float) -> float:
        """The rate for epoch `last_epoch` of a group whose rate was `base_lr` at first."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        groups = self.optimizer.param_groups
        return [self._next(group["lr"], base) for group, base in zip(groups, self.base_lrs, strict=True)]

    def _get_closed_form_lr(self) -> list[float]:
        return [self._closed(base) for base in self.base_lrs]


class StepLR(Curve):
    """lr is multiplied by `gamma` every `step_size` epochs."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = size("StepLR", "step_size", step_size, 1)
        self.gamma = number("StepLR", "gamma", gamma, 0.0)
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base_lr: float) -> float:
        falls = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return lr * self.gamma if falls else lr

    def _closed(self, base_lr: float) -> float:
        return float(base_lr * self.gamma ** (self.last_epoch // self.step_size))


class MultiStepLR(Curve):
    """lr is multiplied by `gamma` at each epoch in `milestones`, twice if an epoch is listed twice."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(
            size("MultiStepLR", "milestones", epoch)
            for epoch in listed("MultiStepLR", "milestones", milestones)
        )
        self.gamma = number("MultiStepLR", "gamma", gamma, 0.0)
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base_lr: float) -> float:
        return float(lr * self.gamma ** self.milestones.get(self.last_epoch, 0))

    def _closed(self, base_lr: float) -> float:
        passed = sum(count for epoch, count in self.milestones.items() if epoch <= self.last_epoch)
        return float(base_lr * self.gamma**passed)


class ExponentialLR(Curve):
    """lr is multiplied by `gamma` every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = number("ExponentialLR", "gamma", gamma, 0.0)
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base_lr: float) -> float:
        return lr if self._is_initial else lr * self.gamma

    def _closed(self, base_lr: float) -> float:
        return float(base_lr * self.gamma**self.last_epoch)


class ConstantLR(Curve):
    """lr is multiplied by `factor` for the first `total_iters` epochs."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        self.factor = number("ConstantLR", "factor", factor, 0.0, 1.0)
        self.total_iters = size("ConstantLR", "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base_lr: float) -> float:
        if self.last_epoch == 0:
            return lr * self.factor
        if self.last_epoch != self.total_iters:
            return lr
        return lr * (1.0 / self.factor) if self.factor else base_lr

    def _closed(self, base_lr: float) -> float:
        return base_lr * (self.factor if self.last_epoch < self.total_iters else 1.0)


class LinearLR(Curve):
    """lr is multiplied by a factor that goes from `start_factor` to `end_factor` in `total_iters` steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = number("LinearLR", "start_factor", start_factor, high=1.0, above=0.0)
        self.end_factor = number("LinearLR", "end_factor", end_factor, 0.0, 1.0)
        self.total_iters = size("LinearLR", "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base_lr: float) -> float:
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        return lr * (1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def _closed(self, base_lr: float) -> float:
        part = min(self.total_iters, self.last_epoch) / max(1, self.total_iters)
        return base_lr * (self.start_factor + (self.end_factor - self.start_factor) * part)


class PolynomialLR(Curve):
    """lr = initial lr * (1 - epoch / total_iters)^power, and 0 from `total_iters` on."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = size("PolynomialLR", "total_iters", total_iters)
        self.power = number("PolynomialLR", "power", power)
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base_lr: float) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        left = 1.0 - self.last_epoch / self.total_iters
        return float(lr * (left / (1.0 - (self.last_epoch - 1) / self.total_iters)) ** self.power)

    def _closed(self, base_lr: float) -> float:
        part = min(self.total_iters, self.last_epoch) / max(1, self.total_iters)
        return float(base_lr * (1.0 - part) ** self.power)
