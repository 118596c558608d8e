"""Schedules that raise and lower the rate, and the momentum against it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from nncore.errors.arguments import number, size
from nncore.optim.optimizer import Optimizer

from .base import LRScheduler, one_each, optimizer_of, per_group, share_settings
from .lambdas import attributes_of, check_attributes

__all__ = ["CyclicLR", "OneCycleLR"]


class Cycle(LRScheduler):
    """A schedule that may also set the momentum of each group: `momentum`, or the first of `betas`."""

    cycle_momentum: bool
    use_beta1: bool

    def _start_momentum(
        self, optimizer: Optimizer, base: Any, most: Any, is_new: bool
    ) -> tuple[list[float], list[float]]:
        """`base_momentum` and `max_momentum` per group. A new schedule begins with the latter."""
        name = type(self).__name__
        if not optimizer.defaults.keys() & {"momentum", "betas"}:
            raise ValueError(
                f"{name}: {type(optimizer).__name__} has neither momentum nor betas; set cycle_momentum=False"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        bases = per_group(name, "base_momentum", optimizer, base)
        mosts = per_group(name, "max_momentum", optimizer, most)
        if is_new:
            for group, low, high in zip(optimizer.param_groups, bases, mosts, strict=True):
                self._set_momentum(group, high)
                group["base_momentum"], group["max_momentum"] = low, high
        return bases, mosts

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum

    def _momenta(self) -> list[float]:
        """The momentum for epoch `last_epoch` of each group."""
        raise NotImplementedError

    def _update_lr(self, epoch: int | None = None) -> None:
        super()._update_lr(epoch)
        if self.cycle_momentum:
            for group, momentum in zip(self.optimizer.param_groups, self._momenta(), strict=True):
                self._set_momentum(group, momentum)


class CyclicLR(Cycle):
    """lr goes from `base_lr` to `max_lr` in `step_size_up` steps, back in `step_size_down`, and so on.

    "triangular2" halves the height of each cycle and "exp_range" multiplies it by gamma^step; `scale_fn`, if
    given, returns the factor of the height for a cycle (from 1) or for a step, as `scale_mode` says. With
    `cycle_momentum`, momentum (SGD) or the first of betas (Adam) goes from `max_momentum` to `base_momentum`
    and back. Call `step()` after each batch. A group that is added later gets the settings that the other
    groups share.

    Errors: ValueError for settings out of range, for lists that do not have one number per group, and for an
    optimizer without momentum unless `cycle_momentum=False`.
    Source: Smith 2017, "Cyclical learning rates for training neural networks".

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0, momentum=0.9)
    >>> scheduler = nncore.optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.0, max_lr=1.0, step_size_up=2)
    >>> rates = []
    >>> for batch in range(6):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = optimizer_of("CyclicLR", optimizer)
        base_lrs = per_group("CyclicLR", "base_lr", optimizer, base_lr)
        self.max_lrs = per_group("CyclicLR", "max_lr", optimizer, max_lr)
        up = number("CyclicLR", "step_size_up", step_size_up, above=0.0)
        down = up if step_size_down is None else number("CyclicLR", "step_size_down", step_size_down, 0.0)
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(
                f"CyclicLR: mode must be 'triangular', 'triangular2' or 'exp_range', got {mode!r}"
            )
        if scale_fn is not None and scale_mode not in ("cycle", "iterations"):
            raise ValueError(f"CyclicLR: scale_mode must be 'cycle' or 'iterations', got {scale_mode!r}")
        if scale_fn is not None and not callable(scale_fn):
            raise TypeError(f"CyclicLR: scale_fn must be a function, got {type(scale_fn).__name__}")
        self.mode = mode
        self.gamma = number("CyclicLR", "gamma", gamma)
        self._scale_fn_custom = scale_fn
        by_step = mode == "exp_range" if scale_fn is None else scale_mode == "iterations"
        self.scale_mode = "iterations" if by_step else "cycle"
        self.cycle_momentum = bool(cycle_momentum)
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._start_momentum(
                optimizer, base_momentum, max_momentum, last_epoch == -1
            )
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                group["lr"] = lr
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The factor of the height in cycle or step `x`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular2":
            return float(0.5 ** (x - 1))
        return float(self.gamma**x) if self.mode == "exp_range" else 1.0

    def _height(self) -> float:
        """The height at epoch `last_epoch`, 1 at the top of an unscaled cycle."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        return height * self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)

    def get_lr(self) -> list[float]:
        height = self._height()
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def _momenta(self) -> list[float]:
        height = self._height()
        bounds = zip(self.base_momentums, self.max_momentums, strict=True)
        return [high - (high - low) * height for low, high in bounds]

    def _meet_groups(self) -> None:
        momenta = ("base_momentums", "max_momentums") if self.cycle_momentum else ()
        for name in ("base_lrs", "max_lrs", *momenta):
            one_each(self, name)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_scale_fn_custom": attributes_of(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        loaded = self._loaded(state_dict)
        if (kept := state_dict["_scale_fn_custom"]) is not None:
            vars(self._scale_fn_custom).update(kept)
        vars(self).update(loaded)

    def _loaded(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        loaded = super()._loaded(state_dict)
        what = 'state_dict of CyclicLR: "_scale_fn_custom"'
        check_attributes(what, self._scale_fn_custom, loaded.pop("_scale_fn_custom"))
        return loaded


class OneCycleLR(Cycle):
    """lr goes from max_lr / div_factor to `max_lr` in the first `pct_start` of all steps, then down to
    max_lr / div_factor / final_div_factor.

    With `three_phase` it first goes back to max_lr / div_factor, as fast as up. It follows half a cosine, or
    a line for anneal_strategy="linear". With `cycle_momentum`, momentum (SGD) or the first of betas (Adam)
    goes from `max_momentum` to `base_momentum` and back. Give `total_steps`, or `epochs` and
    `steps_per_epoch`, and call `step()` after each batch. A group that is added later gets the settings that
    the other groups share.

    Errors: ValueError for settings out of range, for lists that do not have one number per group, for an
    optimizer without momentum unless `cycle_momentum=False`, and for a step after the last.
    Source: Smith and Topin 2018, "Super-convergence", in PyTorch's form.

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0, momentum=0.9)
    >>> scheduler = nncore.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=6, pct_start=0.5)
    >>> rates = []
    >>> for batch in range(5):
    ...     rates.append(round(scheduler.get_last_lr()[0], 2))
    ...     scheduler.step()
    >>> rates
    [0.04, 0.52, 1.0, 0.75, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = optimizer_of("OneCycleLR", optimizer)
        if total_steps is not None:
            self.total_steps = size("OneCycleLR", "total_steps", total_steps, 1)
        elif epochs is not None and steps_per_epoch is not None:
            self.total_steps = size("OneCycleLR", "epochs", epochs, 1) * size(
                "OneCycleLR", "steps_per_epoch", steps_per_epoch, 1
            )
        else:
            raise ValueError("OneCycleLR: give total_steps, or both epochs and steps_per_epoch")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}"
            )
        self._anneal_func_type = anneal_strategy
        rise = number("OneCycleLR", "pct_start", pct_start, 0.0, 1.0) * self.total_steps
        names = ["initial_lr", "max_lr", "initial_lr", "min_lr"]
        momenta = ["max_momentum", "base_momentum", "max_momentum", "max_momentum"]
        ends = [rise - 1, 2 * rise - 2, self.total_steps - 1]
        if not three_phase:
            del names[2], momenta[2], ends[1]
        self._schedule_phases: list[dict[str, Any]] = [
            {
                "end_step": end,
                "start_lr": names[i],
                "end_lr": names[i + 1],
                "start_momentum": momenta[i],
                "end_momentum": momenta[i + 1],
            }
            for i, end in enumerate(ends)
        ]
        top = per_group("OneCycleLR", "max_lr", optimizer, max_lr)
        initial = number("OneCycleLR", "div_factor", div_factor, above=0.0)
        final = number("OneCycleLR", "final_div_factor", final_div_factor, above=0.0)
        self.cycle_momentum = bool(cycle_momentum)
        if cycle_momentum:
            self._start_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
        for i, (group, lr) in enumerate(zip(optimizer.param_groups, top, strict=True)):
            if last_epoch == -1:
                group["initial_lr"], group["max_lr"] = lr / initial, lr
                group["min_lr"] = lr / initial / final
            elif missing := [name for name in self._settings() if name not in group]:
                raise KeyError(
                    f"param {missing[0]!r} is not specified in param_groups[{i}] when resuming an optimizer"
                )
        super().__init__(optimizer, last_epoch)

    def _settings(self) -> list[str]:
        """The settings of a group that the schedule reads."""
        return ["initial_lr", "max_lr", "min_lr"] + ["max_momentum", "base_momentum"] * self.cycle_momentum

    def _meet_groups(self) -> None:
        share_settings(self, self._settings())
        super()._meet_groups()

    def _at(self, group: dict[str, Any], setting: str) -> float:
        """The value of "lr" or "momentum" at step `last_epoch`."""
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if self.last_epoch <= end or phase is self._schedule_phases[-1]:
                break
            start = end
        part = (self.last_epoch - start) / (end - start) if end != start else 1.0
        first, last = group[phase[f"start_{setting}"]], group[phase[f"end_{setting}"]]
        if self._anneal_func_type == "linear":
            return float((last - first) * part + first)
        return float(last + (first - last) / 2.0 * (math.cos(math.pi * part) + 1))

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {self.last_epoch} is after the last of {self.total_steps}; make the "
                "schedule with as many total_steps as you train"
            )
        return [self._at(group, "lr") for group in self.optimizer.param_groups]

    def _momenta(self) -> list[float]:
        return [self._at(group, "momentum") for group in self.optimizer.param_groups]
