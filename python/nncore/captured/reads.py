"""The plain values that a step's own code reads: globals, closure variables and their attributes."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from nncore import _core

__all__ = ["Reads", "Same", "Seen", "describe"]

ABSENT = NotImplemented  # stands for the value of an empty place
BETWEEN = ("COPY", "DUP_TOP")  # in an augmented assignment such as self.count += 1
Place = tuple[Any, Any, Any]  # holder (dict, list or cell), key, value
Chain = tuple[bool, str, tuple[str, ...]]  # whether its root is a global, the root, attributes


class Same:
    """An object as part of a key: equal only to itself, and kept alive so that its id is not used again."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value


def describe(value: Any) -> Any:
    """A value as part of a key: plain values by type and bits (-0.0 differs from 0.0), others by identity."""
    if isinstance(value, np.generic):
        return type(value), value.tobytes()
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return type(value), repr(value) if isinstance(value, float) else value
    return tuple(map(describe, value)) if type(value) is tuple else Same(value)


class Seen(NamedTuple):
    """The structure and the plain values at one moment. A plan is right only while they stay the same."""

    version: int
    places: tuple[Place, ...]
    values: tuple[tuple[str, Any], ...]  # the name of each place and its value, described

    @property
    def condition(self) -> Any:
        """The condition as a key."""
        return self.version, self.values

    def changes(self, later: Seen) -> str:
        """The names of the differences, for messages."""
        before = dict(self.values)
        names = [f"'{name}'" for name, value in later.values if before.get(name, value) != value]
        return ", ".join(names) or "a module or an optimizer that it uses"


class Reads:
    """The places that the function of a step, and the functions of the same file that it names, read by name.

    Names such as `config.rate` and `self.weigh(loss)` are followed from globals, closure variables and `self`
    through attributes. The contents of containers are not followed.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        function, owner = _function_of(fn)
        if function is None:  # a module or another object that can be called
            function, owner = _function_of(getattr(fn, "forward", None) or MethodType(type(fn).__call__, fn))
            is_users = function is not None and function.__module__.partition(".")[0] != "nncore"
            function = function if is_users else None
        self._function, self._owner = function, owner
        self._seen = Seen(0, (), ())
        self._found: dict[str, Place] = {}
        self._visited: list[tuple[FunctionType, Any]] = []

    def look(self) -> Seen:
        """The structure and the values now."""
        if self._function and not (self._visited and _core.unchanged(self._seen.places)):
            self._found, self._visited = {}, []
            self._read(self._function, self._owner)
            values = tuple((name, describe(value)) for name, (_, _, value) in self._found.items())
            self._seen = Seen(0, tuple(self._found.values()), values)
        self._seen = self._seen._replace(version=_core.structure_version())
        return self._seen

    def _read(self, function: FunctionType, owner: Any) -> None:
        if any(function is other and owner is its for other, its in self._visited):
            return
        self._visited.append((function, owner))
        code, names = function.__code__, function.__globals__
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        for is_global, name, attributes in chains(code):
            if is_global and name in names:
                value = self._place(name, names, name, names[name])
            elif not is_global and name in cells:
                value = self._place(name, cells[name], None, _content(cells[name]))
            elif not is_global and owner is not None and name == code.co_varnames[0]:
                value = owner
            else:
                continue
            self._follow(name, value)
            for attribute in attributes:
                name = f"{name}.{attribute}"
                value = self._attribute(name, value, attribute)
                self._follow(name, value)

    def _follow(self, name: str, value: Any) -> None:
        function, owner = _function_of(value)
        if function and self._function and function.__globals__ is self._function.__globals__:
            self._read(function, owner)
        elif isinstance(getattr(value, "param_groups", None), list):
            self._optimizer(name, value)

    def _attribute(self, name: str, holder: Any, key: str) -> Any:
        entries = getattr(holder, "__dict__", None)
        if type(entries) is not dict:
            return ABSENT
        value = self._place(name, entries, key, entries.get(key, ABSENT))
        method = inspect.getattr_static(type(holder), key, None) if value is ABSENT else None
        return MethodType(method, holder) if isinstance(method, FunctionType) else value

    def _optimizer(self, name: str, optimizer: Any) -> None:
        """Read all settings of an optimizer whose class computes with them in Python."""
        kind: Any = type(optimizer)
        if _has_own_methods(kind):
            for i, group in enumerate(optimizer.param_groups):
                for key, value in group.items():
                    self._place(f"{name}.param_groups[{i}][{key!r}]", group, key, value)

    def _place(self, name: str, holder: Any, key: Any, value: Any) -> Any:
        self._found[name] = holder, key, value
        return value


@lru_cache(maxsize=1024)
def chains(code: CodeType) -> tuple[Chain, ...]:
    """What `code` and the functions in it read by name: (True, "config", ("rate",)) for a global's rate."""
    found: dict[Chain, None] = {}
    chain: Chain | None = None
    for instruction in dis.get_instructions(code):
        operation, argument = instruction.opname, instruction.argval
        if operation in ("LOAD_GLOBAL", "LOAD_NAME"):
            chain = (True, argument, ())
        elif operation.startswith(("LOAD_FAST", "LOAD_DEREF")):
            chain = (False, argument[-1] if isinstance(argument, tuple) else argument, ())
        elif operation in ("LOAD_ATTR", "LOAD_METHOD") and chain:
            chain = (*chain[:2], (*chain[2], argument))
        elif operation not in BETWEEN:
            chain = None
        if chain:
            found[chain] = None
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.update(dict.fromkeys(chains(constant)))
    return tuple(found)


def _function_of(value: Any) -> tuple[FunctionType | None, Any]:
    """The Python function inside a callable, if any, and the object that it is bound to."""
    owner = None
    while True:
        if isinstance(value, functools.partial):
            value, owner = value.func, value.args[0] if value.args else None
        elif isinstance(value, MethodType):
            value, owner = value.__func__, value.__self__
        elif callable(value) and hasattr(value, "__wrapped__"):
            value = value.__wrapped__
        else:
            return (value, owner) if isinstance(value, FunctionType) else (None, None)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty
        return ABSENT


@lru_cache(maxsize=1024)
def _has_own_methods(kind: type) -> bool:
    """Whether a class outside nncore gives an optimizer methods, which read settings as numbers."""
    own = [cls for cls in kind.__mro__ if cls.__module__.partition(".")[0] not in ("nncore", "builtins")]
    parts = [item for cls in own for item in vars(cls).items()]
    return any(isinstance(part, FunctionType) and name != "__init__" for name, part in parts)
