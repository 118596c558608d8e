"""What a step reads in Python: a captured step is only good while that stays as it was."""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from nncore._core import Tensor

__all__ = ["Reads"]

Guard = tuple[Any, Any, Any]  # a cell or a dict, the name in the dict, what was there
SCALARS = (bool, int, float, complex, str, bytes, type(None))


class Reads:
    """The places in Python that a step's code names: its closure, globals, and attributes of its object."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        function = getattr(fn, "__func__", fn)
        self._owner = fn.__self__ if isinstance(fn, MethodType) else fn
        self._function = function if isinstance(function, FunctionType) else None
        self._globals: list[str] = []
        self._attributes: list[str] = []
        if self._function is not None:
            code = self._function.__code__
            self._globals = sorted(set(_names(code, "LOAD_GLOBAL", "LOAD_NAME")))
            self._attributes = sorted(set(_names(code, "LOAD_ATTR", "LOAD_METHOD")))

    def guards(self) -> list[Guard]:
        """Each place with what is there now."""
        guards: list[Guard] = [(cell, None, cell.cell_contents) for cell in self._cells()]
        for place, names in self._places():
            guards += [(place, name, place[name]) for name in names if name in place]
        return guards

    def fingerprint(self) -> tuple[Any, ...]:
        """What decides which calls the step makes: the models, optimizers and numbers that it can reach."""
        values = [value for _, _, value in self.guards()]
        if self._function is None:
            values.append(self._owner)
        elif self._function.__defaults__:
            values += self._function.__defaults__
        seen: set[int] = set()
        return tuple(part for value in values for part in _describe(value, seen, depth=2))

    def _places(self) -> Iterator[tuple[dict[str, Any], list[str]]]:
        if self._function is not None:
            yield self._function.__globals__, self._globals
            if self._owner is not self._function and hasattr(self._owner, "__dict__"):
                yield vars(self._owner), self._attributes

    def _cells(self) -> Iterator[CellType]:
        for cell in (self._function.__closure__ or ()) if self._function else ():
            try:
                cell.cell_contents  # noqa: B018  (raises while empty)
            except ValueError:
                continue
            yield cell


def _names(code: CodeType, *operations: str) -> Iterator[str]:
    """Names that the code, and the functions inside it, use with one of these operations."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in operations:
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant, *operations)


def _describe(value: Any, seen: set[int], depth: int) -> Iterator[Any]:
    """A hashable description of what matters in a value for the calls that a step makes."""
    if isinstance(value, SCALARS):
        yield (type(value), value)
    elif isinstance(value, Tensor):
        yield (id(value), value.requires_grad)
    elif id(value) in seen or isinstance(value, (ModuleType, type, FunctionType)):
        yield id(value)
    else:
        seen.add(id(value))
        yield id(value)
        if hasattr(value, "_fingerprint"):
            for item in value._fingerprint():
                yield from _describe(item, seen, depth)
        elif depth:
            for item in _parts(value):
                yield from _describe(item, seen, depth - 1)


def _parts(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return value
    return value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values()
