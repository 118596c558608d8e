"""LRScheduler: sets the learning rate of an optimizer's groups, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nncore._capture import repeat_after_replays
from nncore.optim.optimizer import Optimizer

__all__ = ["LRScheduler"]


class LRScheduler:
    """Base of the schedules; a subclass gives `_next`, the new rate from the present one.

    Rates are computed from the present ones, so that several schedules of one optimizer multiply.
    `last_epoch` counts the calls of `step()`; to resume, load the states of optimizer and scheduler.

    Errors: TypeError if `optimizer` is none; KeyError if `last_epoch` is given and a group has no
    "initial_lr".
    Source: PyTorch's `torch.optim.lr_scheduler.LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer_of(type(self).__name__, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming an optimizer"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def _next(self, lr: float, base_lr: float) -> float:
        """The rate for epoch `last_epoch` of a group whose rate was `lr` before and `base_lr` at first."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        """The rates for epoch `last_epoch`, one for each group."""
        groups = self.optimizer.param_groups
        return [self._next(group["lr"], base) for group, base in zip(groups, self.base_lrs, strict=True)]

    def get_last_lr(self) -> list[float]:
        """The rates in use, one for each group."""
        return self._last_lr

    def step(self) -> None:
        """Go on to the next epoch."""
        repeat_after_replays(self.step)
        self.last_epoch += 1
        self._last_lr = self.get_lr()
        for group, lr in zip(self.optimizer.param_groups, self._last_lr, strict=True):
            group["lr"] = lr

    _repeats = True  # what `step` does is done again after each replay: no captured step need look at it

    def _fingerprint(self) -> Iterable[Any]:
        """A captured step depends on nothing of a schedule: the rate it sets is data."""
        return ()

    def _places(self) -> Iterable[tuple[Any, Any]]:
        return ()

    def _reached(self) -> Iterable[tuple[str, Any]]:
        return ()

    def _restart(self) -> None:
        """Begin anew at epoch 0 from the initial rates."""
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = base
        self.last_epoch = -1
        self.step()

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule remembers, without the optimizer."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another scheduler of the same kind was. Errors: ValueError for a missing key."""
        check_keys(self, self.state_dict(), state_dict)
        vars(self).update({name: state_dict[name] for name in self.state_dict()})


def optimizer_of(name: str, optimizer: object) -> Optimizer:
    """`optimizer`, or TypeError."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{name}: {type(optimizer).__name__} is not an Optimizer")
    return optimizer


def check_keys(scheduler: object, own: Mapping[str, Any], loaded: Mapping[str, Any]) -> None:
    """Raise ValueError for keys of the state that `loaded` does not have."""
    missing = ", ".join(f'"{name}"' for name in own if name not in loaded)
    if missing:
        raise ValueError(f"Missing key(s) in state_dict of {type(scheduler).__name__}: {missing}")
