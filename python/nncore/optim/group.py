"""Dicts that react to changes: the groups of parameters, whose settings kernels read, and their state."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple, SupportsIndex

import numpy as np

from nncore import _core
from nncore._core import Tensor
from nncore.errors import arguments

__all__ = ["FORMULAS", "Formula", "Group", "Groups", "Layout", "Watched"]


class Watched(dict[Any, Any]):
    """A dict all of whose changes go through `__setitem__` and `__delitem__`."""

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **values: Any) -> None:
        for key, value in dict(*args, **values).items():
            self[key] = value

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        self.update(other)
        return self

    def pop(self, key: Any, *default: Any) -> Any:
        if key not in self:
            if default:
                return default[0]
            raise KeyError(key)
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[Any, Any]:
        if not self:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self))
        return key, self.pop(key)

    def clear(self) -> None:
        for key in tuple(self):
            del self[key]


class Layout(NamedTuple):
    """The states that the settings of a group need."""

    # for each state of the formula: its name and the state whose copy it starts as; None: not needed
    states: list[tuple[str, str | None] | None]
    names: set[str]  # the keys that a parameter's state must have
    first_differs: bool  # whether the first step of a parameter differs


class Formula:
    """An optimizer of the core: its settings and its states, as its formula describes them."""

    def __init__(self, index: int, description: dict[str, Any]) -> None:
        self.index = index
        self.settings: dict[str, list[tuple[str, float, float, bool]]] = {}
        for name, *rest in description["settings"]:
            self.settings.setdefault(name, []).append(tuple(rest))
        self.size = len(description["settings"])
        self.counts_steps: bool = description["counts_steps"]
        self.states: list[tuple[str, str | None]] = [state[:2] for state in description["states"]]
        required = [name for name, _, always in description["states"] if always]
        self.required = ["step", *required] if self.counts_steps else required

    def numbers(self, group: dict[str, Any]) -> list[float]:
        """The settings of a group, with a flag as 0 or 1; TypeError or ValueError for an invalid setting."""
        found = []
        for name, parts in self.settings.items():
            values = group[name] if len(parts) > 1 else [group[name]]
            if not isinstance(values, (tuple, list)) or len(values) != len(parts):
                raise ValueError(f"{name} must be a pair of numbers, got {values!r}")
            for (called, least, below, flag), value in zip(parts, values, strict=True):
                if flag:
                    found.append(float(is_flag(called, value)))
                else:
                    found.append(in_range(called, value, least, below))
        return found

    def write(self, settings: Tensor, group: dict[str, Any]) -> Layout:
        """Write the settings where the kernel reads them; TypeError or ValueError for an invalid one."""
        uses, first_differs = _core.set_settings(self.index, settings, self.numbers(group))
        states = [state if used else None for state, used in zip(self.states, uses, strict=True)]
        names = {state[0] for state in states if state}
        return Layout(states, names | {"step"} if self.counts_steps else names, first_differs)


FORMULAS = {d["name"]: Formula(i, d) for i, d in enumerate(_core.optimizers())}


class Group(Watched):
    """A parameter group: "params" and the settings.

    A new setting has an immediate effect on the kernels, also in a captured step. An invalid setting is
    stored, and the next step raises its error.
    """

    settings: Tensor  # all numbers of the formula, which kernels read
    layout: Layout | None  # None: a setting is invalid

    def __init__(
        self, values: dict[str, Any], formula: Formula | None, check: Callable[[dict[str, Any]], None]
    ) -> None:
        self._formula, self._check, self.layout = formula, check, None
        super().__init__({key: self._lasting(key, value) for key, value in values.items()})
        with _core.once():  # not part of a captured step
            numbers = _core.zeros(formula.size if formula else 0, dtype=_core.float64)
            self.settings = numbers.to(next((p.device for p in values.get("params", ())), "cpu"))
        if formula is not None:
            self._push()

    def __setitem__(self, key: Any, value: Any) -> None:
        value = self._lasting(key, value)
        is_new = key not in self or not arguments.same_constant(self[key], value)
        super().__setitem__(key, value)
        if is_new or self.layout is None:
            self._changed(key)

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self._changed(key)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return dict, (dict(self),)

    def ready(self) -> Layout:
        """The states that the settings need; raises for an invalid setting."""
        if self.layout is None:
            self._check(self)
            formula = self._formula
            self.layout = formula.write(self.settings, self) if formula else Layout([], set(), False)
        return self.layout

    def _lasting(self, key: Any, value: Any) -> Any:
        """The value as an immutable one: a number for a 0-dimensional tensor or array, a tuple for a list."""
        if isinstance(value, (Tensor, np.ndarray)) and value.ndim == 0:
            return value.item()
        is_setting = self._formula is not None and key in self._formula.settings
        return tuple(value) if is_setting and isinstance(value, list) else value

    def _changed(self, key: Any) -> None:
        if self._formula is not None and key in self._formula.settings:
            self._push()
        else:
            _core.structure_changed()

    def _push(self) -> None:
        before, self.layout = self.layout, None
        with suppress(Exception):  # the next step raises it
            self.ready()
        if self.layout != before:
            _core.structure_changed()


class Groups(list[Any]):
    """The groups of an optimizer; a dict that is added becomes a Group."""

    def __init__(self, make: Callable[[Any], Group], groups: Iterable[Any]) -> None:
        self._make = make
        super().__init__(groups)
        self._adopt()

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (list(self),)

    def _adopt(self) -> None:
        for i, group in enumerate(self):
            if isinstance(group, dict) and not isinstance(group, Group):
                list.__setitem__(self, i, self._make(group))
        _core.structure_changed()


def _adopting(name: str) -> Callable[..., Any]:
    method = getattr(list, name)

    def call(self: Groups, *args: Any, **keywords: Any) -> Any:
        result = method(self, *args, **keywords)
        self._adopt()
        return result

    return call


for _name in ["append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort"]:
    setattr(Groups, _name, _adopting(_name))
for _name in ["__setitem__", "__delitem__", "__iadd__", "__imul__"]:
    setattr(Groups, _name, _adopting(_name))


def in_range(name: str, value: Any, low: float = 0.0, below: float = math.inf) -> float:
    """The number; raises "Invalid `name`" unless low <= value < below, or for NaN and infinity."""
    try:
        number = arguments.real("optimizer", name, value)
    except TypeError:
        raise TypeError(f"Invalid {name}: {arguments.brief(value)} is not a number") from None
    if not low <= number < below:
        raise ValueError(f"Invalid {name}: {value}")
    return number


def is_flag(name: str, value: Any) -> bool:
    """The truth of a value; raises "Invalid `name`" if it has none."""
    try:
        return bool(value)
    except (TypeError, ValueError):
        raise ValueError(f"Invalid {name}: {value!r} is neither true nor false") from None
