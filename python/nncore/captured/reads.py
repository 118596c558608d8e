"""The plain values that a step's own code reads: globals, closure variables and their attributes."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple

from nncore import _core
from nncore.errors.arguments import same_constant

__all__ = ["STRUCTURE", "Reads", "Seen"]

STRUCTURE = "a module or an optimizer that it uses"
ABSENT = NotImplemented  # the value of an empty place
BETWEEN = ("COPY", "DUP_TOP")  # in an augmented assignment such as self.count += 1
Place = tuple[Any, Any, Any]  # holder (dict, list or cell), key, value
Chain = tuple[bool, str, tuple[str, ...]]  # whether its root is a global, the root, attributes


class Seen(NamedTuple):
    """The condition of a plan: the structure and the plain values at one moment, by name."""

    version: int
    places: dict[str, Place]

    def changes(self, later: Seen) -> str:
        """The names of the values that differ, in quotes."""
        return ", ".join(
            f"'{name}'"
            for name, place in later.places.items()
            if not same_constant(self.places.get(name, place)[2], place[2])
        )

    def is_like(self, later: Seen) -> bool:
        """Whether a plan that is right for one is right for the other."""
        same = self.version == later.version and self.places.keys() == later.places.keys()
        return same and not self.changes(later)


class Reads:
    """The places that the function of a step, and the functions of the same file that it names, read by name.

    Names such as `config.rate` and `self.weigh(loss)` are followed from globals, closure variables and `self`
    through attributes. The contents of containers are not followed.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._function, self._owner = _function_of(fn)
        if self._function is None:  # a module or another object that can be called
            run = getattr(fn, "forward", None) or MethodType(type(fn).__call__, fn)
            function, self._owner = _function_of(run)
            self._function = function if function and not _is_ours(function) else None
        self._places: dict[str, Place] = {}
        self._visited: list[tuple[FunctionType, Any]] = []

    def look(self) -> Seen:
        """The structure and the values now."""
        if self._function and not (self._visited and _core.unchanged(tuple(self._places.values()))):
            self._places, self._visited = {}, []
            self._read(self._function, self._owner)
        return Seen(_core.structure_version(), self._places)

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
        """Read what a function of the same file reads, or the settings that an optimizer reads in Python."""
        function, owner = _function_of(value)
        if function and self._function and function.__globals__ is self._function.__globals__:
            self._read(function, owner)
        elif isinstance(getattr(value, "param_groups", None), list) and _steps_in_python(type(value)):
            for i, group in enumerate(value.param_groups):
                for key, setting in group.items():
                    self._place(f"{name}.param_groups[{i}][{key!r}]", group, key, setting)

    def _attribute(self, name: str, holder: Any, key: str) -> Any:
        entries = getattr(holder, "__dict__", None)
        if type(entries) is not dict:
            return ABSENT
        value = self._place(name, entries, key, entries.get(key, ABSENT))
        method = inspect.getattr_static(type(holder), key, None) if value is ABSENT else None
        return MethodType(method, holder) if isinstance(method, FunctionType) else value

    def _place(self, name: str, holder: Any, key: Any, value: Any) -> Any:
        self._places[name] = holder, key, value
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


def _is_ours(function: Any) -> bool:
    return str(function.__module__).partition(".")[0] == "nncore"


def _steps_in_python(kind: Any) -> bool:
    """Whether an optimizer's class updates with code outside nncore, which reads settings as numbers."""
    rules = (getattr(kind, name, None) for name in ("step", "_update_all", "_update"))
    return not all(rule is None or _is_ours(rule) for rule in rules)
