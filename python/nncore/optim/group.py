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

__all__ = ["FORMULAS", "Formula", "Group", "Groups", "Layout", "StateKind", "Watched"]


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


class Setting(NamedTuple):
    """A number of a group; see `Setting` in cpp/backend/formulas_optim.h."""

    name: str
    text: str
    least: float
    below: float
    flag: bool
    fixed: bool
    none: float | None
    choices: list[str]

    def number(self, value: Any) -> float:
        """The value as a number; TypeError or ValueError if it is invalid."""
        if self.none is not None and value is None:
            return self.none
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise ValueError(f"{self.text} {value} is not supported; use one of {self.choices}")
            return float(self.choices.index(value))
        if self.flag:
            return float(is_flag(self.text, value))
        return in_range(self.name, self.text, value, self.least, self.below)


class StateKind(NamedTuple):
    """What an optimizer keeps of a parameter; see `State` in cpp/backend/formulas_optim.h."""

    place: int  # in the list of states
    name: str
    start: float
    copy_of: str | None  # the state whose copy it starts as
    setting: str | None  # the setting whose value it starts with
    always: bool  # all settings need it
    number: bool  # it is one float32 number
    of_all: bool  # all parameters have it


class Layout(NamedTuple):
    """The states that the settings of a group need."""

    states: list[StateKind | None]  # None: not needed
    names: set[str]  # the keys that a parameter's state must have, if all parameters have them
    first_differs: bool  # whether the first step of a parameter differs
    fixed: list[float]  # the settings on which the calls of a step depend


class Formula:
    """An optimizer of the core: its settings and its states, as its formula describes them."""

    def __init__(self, index: int, description: dict[str, Any]) -> None:
        self.index = index
        self.settings: dict[str, list[Setting]] = {}
        for setting in description["settings"]:
            self.settings.setdefault(setting["name"], []).append(Setting(**setting))
        self.size = len(description["settings"])
        self.counts_steps: bool = description["counts_steps"]
        self.states = [StateKind(i, **state) for i, state in enumerate(description["states"])]
        self.of_all = all(state.of_all for state in self.states)

    def numbers(self, group: dict[str, Any]) -> list[float]:
        """The settings of a group as numbers; TypeError or ValueError for an invalid setting."""
        found = []
        for name, parts in self.settings.items():
            values = group[name] if len(parts) > 1 else [group[name]]
            if not isinstance(values, (tuple, list)) or len(values) != len(parts):
                count = {2: "a pair of", 3: "three"}[len(parts)]
                raise ValueError(f"{name} must be {count} numbers, got {values!r}")
            found += [part.number(value) for part, value in zip(parts, values, strict=True)]
        return found

    def write(self, settings: Tensor, group: dict[str, Any]) -> Layout:
        """Write the settings where the kernel reads them; TypeError or ValueError for an invalid one."""
        numbers = self.numbers(group)
        uses, first_differs = _core.set_settings(self.index, settings, numbers)
        states = [state if used else None for state, used in zip(self.states, uses, strict=True)]
        names = {state.name for state in states if state and state.of_all}
        parts = [part for parts in self.settings.values() for part in parts]
        fixed = [value for part, value in zip(parts, numbers, strict=True) if part.fixed]
        return Layout(states, names | {"step"} if self.counts_steps else names, first_differs, fixed)

    def shape(self, state: StateKind, param: Tensor) -> tuple[int, ...] | None:
        """The shape of a state of a parameter; None if the parameter does not have it."""
        return _core.state_shape(self.index, state.place, param)

    def required(self, param: Tensor) -> list[str]:
        """The names that the state of a parameter has with any settings."""
        steps = ["step"] if self.counts_steps else []
        return steps + [s.name for s in self.states if s.always and self.shape(s, param) is not None]


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
            self.layout = formula.write(self.settings, self) if formula else Layout([], set(), False, [])
        return self.layout

    def _lasting(self, key: Any, value: Any) -> Any:
        """The value as an immutable one: a number for a tensor or array of one, a tuple for a list."""
        is_setting = self._formula is not None and key in self._formula.settings
        if isinstance(value, (Tensor, np.ndarray)) and (
            value.ndim == 0 or (is_setting and size_of(value) == 1)
        ):
            return value.item()
        if is_setting and isinstance(value, (list, tuple)):
            return tuple(self._lasting(key, part) for part in value)
        return value

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


def size_of(value: Tensor | np.ndarray[Any, Any]) -> int:
    """The number of elements."""
    return math.prod(value.shape)


def in_range(name: str, text: str, value: Any, low: float = 0.0, below: float = math.inf) -> float:
    """The number; an error that starts with `text` unless low <= value < below, or for NaN and infinity."""
    if isinstance(value, Tensor) and size_of(value) != 1:
        raise ValueError(f"{text}: Tensor {name} must be 1-element, got a tensor of shape {value.shape}")
    try:
        number = arguments.real("optimizer", text, value)
    except TypeError:
        raise TypeError(f"{text}: {arguments.brief(value)} is not a number") from None
    if not low <= number < below:
        raise ValueError(f"{text}: {value}")
    return number


def is_flag(text: str, value: Any) -> bool:
    """The truth of a value; an error that starts with `text` if it has none."""
    try:
        return bool(value)
    except (TypeError, ValueError):
        raise ValueError(f"{text}: {value!r} is neither true nor false") from None
