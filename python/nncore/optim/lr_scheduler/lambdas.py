"""Schedules that call functions of the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from nncore.errors.arguments import brief, real
from nncore.optim.optimizer import Optimizer

from .base import LRScheduler, one_each, optimizer_of

__all__ = ["LambdaLR", "MultiplicativeLR", "attributes_of", "check_attributes"]


def attributes_of(function: Any) -> dict[str, Any] | None:
    """What a state dict holds of a function: the attributes of a callable object, else None."""
    attributes = getattr(function, "__dict__", None)
    return None if attributes is None or isinstance(function, FunctionType) else dict(attributes)


def check_attributes(what: str, function: Any, loaded: Any) -> None:
    """Raise TypeError unless `loaded` can be the attributes of `function`."""
    if loaded is not None and not (isinstance(loaded, dict) and hasattr(function, "__dict__")):
        raise TypeError(f"{what} does not fit {type(function).__name__}")


class Functions(LRScheduler):
    """A schedule with one function per group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        name = type(self).__name__
        groups = len(optimizer_of(name, optimizer).param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"{name}: expected {groups} lr_lambdas, but got {len(self.lr_lambdas)}")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"{name}: lr_lambda must be a function of the epoch, got {brief(function)} "
                    f"({type(function).__name__})"
                )
        super().__init__(optimizer, last_epoch)

    def _meet_groups(self) -> None:
        super()._meet_groups()
        one_each(self, "lr_lambdas")

    def _factors(self) -> list[float]:
        """What the functions return for the epoch, one number per group."""
        where = type(self).__name__
        return [real(where, "the result of lr_lambda", f(self.last_epoch)) for f in self.lr_lambdas]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "lr_lambdas": [attributes_of(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        loaded = self._loaded(state_dict)
        for function, kept in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if kept is not None:
                vars(function).update(kept)
        vars(self).update(loaded)

    def _loaded(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        loaded = super()._loaded(state_dict)
        where = f'state_dict of {type(self).__name__}: "lr_lambdas"'
        kept = loaded.pop("lr_lambdas")  # the functions stay; callable objects only get new attributes
        if not isinstance(kept, list) or len(kept) != len(self.lr_lambdas):
            raise ValueError(f"{where} is not a list of {len(self.lr_lambdas)}, one per function")
        for i, (function, attributes) in enumerate(zip(self.lr_lambdas, kept, strict=True)):
            check_attributes(f"{where}[{i}]", function, attributes)
        return loaded


class LambdaLR(Functions):
    """lr = initial lr * lr_lambda(epoch), with one function for all groups or a list with one per group.

    A state dict holds the attributes of callable objects, and None for functions.
    Errors: ValueError if the length of the list is not the number of groups; TypeError for something that
    cannot be called, and for a result that is not a number.

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    >>> scheduler = nncore.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (epoch + 1))
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        return [base * factor for base, factor in zip(self.base_lrs, self._factors(), strict=True)]


class MultiplicativeLR(Functions):
    """lr is multiplied by lr_lambda(epoch) in each epoch but the first.

    `lr_lambda` is one function for all groups or a list with one per group. A state dict holds the attributes
    of callable objects, and None for functions.
    Errors: ValueError if the length of the list is not the number of groups; TypeError for something that
    cannot be called, and for a result that is not a number.

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    >>> scheduler = nncore.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 1 / (epoch + 1))
    >>> scheduler.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr() == [1 / 2 / 3]
    True
    """

    def get_lr(self) -> list[float]:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self._is_initial:
            return rates
        return [lr * factor for lr, factor in zip(rates, self._factors(), strict=True)]
