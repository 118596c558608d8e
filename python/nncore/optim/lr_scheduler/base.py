"""LRScheduler: sets the learning rate of an optimizer's groups, epoch by epoch."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from functools import partial
from numbers import Real
from typing import Any

from nncore import _core
from nncore.captured.actions import repeat_in_replays
from nncore.errors.arguments import number, size
from nncore.optim.optimizer import Optimizer

__all__ = ["LRScheduler"]

# lists with one number per group
RATES = ("base_lrs", "_last_lr", "min_lrs", "max_lrs", "base_momentums", "max_momentums")
OPTIONAL = ("_step_count", "default_min_lr")  # a state dict may lack them


class LRScheduler:
    """Base of the schedules; a subclass defines `get_lr`, which returns the rates for epoch `last_epoch`.

    Most schedules compute a rate from the current one, so that several schedules of one optimizer multiply.
    `last_epoch` counts the calls of `step()`; to resume, load the states of optimizer and scheduler. A group
    that is added to the optimizer later begins with its own rate, in the current epoch of the schedule.

    Errors: TypeError if `optimizer` is not an Optimizer; KeyError if `last_epoch` is given and a group has no
    "initial_lr".
    Source: PyTorch's `torch.optim.lr_scheduler.LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer_of(type(self).__name__, optimizer)
        last_epoch = size(type(self).__name__, "last_epoch", last_epoch, -1)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming an optimizer"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    _is_initial = False  # True during the step in the constructor

    def _initial_step(self) -> None:
        self._step_count = self.last_epoch + 1
        self._is_initial = True
        try:
            with _core.once():  # a captured step that makes or restarts a schedule does not repeat this
                self.step()
        finally:
            del self._is_initial

    def _undo_initial_step(self) -> None:
        self.last_epoch -= 1

    def _rewind(self) -> None:
        self.last_epoch = -1

    def get_lr(self) -> list[float]:
        """The rates for epoch `last_epoch`, one per group."""
        raise NotImplementedError

    def _meet_groups(self) -> None:
        """Add the groups that were added to the optimizer."""
        groups = self.optimizer.param_groups
        if len(groups) < len(self.base_lrs):
            raise ValueError(
                f"{type(self).__name__}: the optimizer has {len(groups)} parameter groups, but had "
                f"{len(self.base_lrs)} before; make a new schedule"
            )
        new = groups[len(self.base_lrs) :]
        rates: list[Any] = [group.setdefault("initial_lr", group["lr"]) for group in new]
        self.base_lrs = self.base_lrs + rates

    def get_last_lr(self) -> list[float]:
        """The current rates, one per group."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Advance to the next epoch, or to `epoch` by the closed form of the schedule if it has one."""
        if epoch is not None:
            self._check_epoch(epoch)
        action = self.step if epoch is None else partial(self.step, epoch)
        repeat_in_replays(action, self.optimizer.param_groups)
        self._step_count += 1
        self._update_lr(epoch)

    def _check_epoch(self, epoch: Any) -> None:
        size(type(self).__name__, "epoch", epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch, or of `epoch`."""
        self._meet_groups()
        if epoch is None:
            self.last_epoch += 1
            rates = self.get_lr()
        else:
            self.last_epoch = epoch
            rates = getattr(self, "_get_closed_form_lr", self.get_lr)()
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def __repr__(self) -> str:
        shown = {k: v for k, v in vars(self).items() if k not in ("optimizer", "base_lrs") and k[0] != "_"}
        settings = [f"{name}={value!r}" for name, value in shown.items()]
        return f"{type(self).__name__}({', '.join([*settings, f'lr={self._last_lr}'])})"

    def state_dict(self) -> dict[str, Any]:
        """The attributes of the schedule, without the optimizer."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from the state of another scheduler of the same class. An error changes nothing.

        Errors: ValueError for a missing key and for more rates than the optimizer has groups; TypeError for a
        value of another kind.
        """
        vars(self).update(self._loaded(state_dict))  # all at once

    def _loaded(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes that `load_state_dict` replaces, or an error."""
        own = self.state_dict()
        where = f"state_dict of {type(self).__name__}"
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"{where}: expected a dict, got {type(state_dict).__name__}")
        own = {name: value for name, value in own.items() if name in state_dict or name not in OPTIONAL}
        missing = ", ".join(f'"{name}"' for name in own if name not in state_dict)
        if missing:
            raise ValueError(f"Missing key(s) in {where}: {missing}")
        loaded = {name: copy.copy(state_dict[name]) for name in own}
        groups = len(self.optimizer.param_groups)
        for name, value in loaded.items():
            if value is not None or name not in OPTIONAL:
                check_like(f'{where}: "{name}"', own[name], value)
            if name in RATES and len(value) > groups:
                raise ValueError(f'{where}: "{name}" has {len(value)} rates for {groups} parameter groups')
        return loaded


def optimizer_of(name: str, optimizer: object) -> Optimizer:
    """`optimizer`, or TypeError."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{name}: {type(optimizer).__name__} is not an Optimizer")
    return optimizer


def check_like(what: str, own: Any, loaded: Any) -> None:
    """Raise TypeError unless `loaded` is of the same kind as `own`: numbers, lists, dicts."""
    for kind in (Real, str, list, Mapping):
        if isinstance(own, kind) and not isinstance(loaded, kind):
            raise TypeError(f"{what} is a {type(loaded).__name__}; expected a {type(own).__name__}")
    if isinstance(own, list):
        for i, value in enumerate(loaded):
            if own and value is not None:
                check_like(f"{what}[{i}]", own[0], value)


def per_group(where: str, name: str, optimizer: Optimizer, value: Any) -> list[float]:
    """The number or list of numbers `value` as a list with one per group of the optimizer."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [number(where, name, value)] * groups
    if len(value) != groups:
        raise ValueError(
            f"{where}: {name} has {len(value)} values, but the optimizer has {groups} parameter groups; "
            "give one number, or one per group"
        )
    return [number(where, f"{name}[{i}]", one) for i, one in enumerate(value)]


def one_each(scheduler: LRScheduler, name: str) -> None:
    """Extend the list `scheduler.name` to one per group; a new group gets the value that the others share."""
    values, groups = getattr(scheduler, name), len(scheduler.optimizer.param_groups)
    if len(values) > groups or (len(values) < groups and any(value != values[0] for value in values)):
        raise ValueError(
            f"{type(scheduler).__name__}: the optimizer has {groups} parameter groups but {name} has "
            f"{len(values)} entries; set scheduler.{name} to a list with one per group"
        )
    setattr(scheduler, name, values + values[:1] * (groups - len(values)))


def share_settings(scheduler: LRScheduler, names: Iterable[str]) -> None:
    """Give the groups that were added later the settings which all groups before them share."""
    groups, known = scheduler.optimizer.param_groups, len(scheduler.base_lrs)
    for i, group in enumerate(groups[known:], known):
        for name in names:
            values = [other[name] for other in groups[:known]]
            if name not in group and any(value != values[0] for value in values):
                raise ValueError(
                    f"{type(scheduler).__name__}: param_groups[{i}] has no {name!r}, and the groups before "
                    f'it have different values; set optimizer.param_groups[{i}]["{name}"]'
                )
            group.setdefault(name, values[0])
