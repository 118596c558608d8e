"""What a step reads in Python: a captured step is only good while that stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from nncore._core import Tensor

__all__ = ["fingerprint", "guards_of", "roots_of"]

Guard = tuple[Any, Any, Any]  # a cell or a dict, the name in the dict, what was there
SCALARS = (bool, int, float, complex, str, bytes, type(None))


def roots_of(fn: Callable[..., Any]) -> list[Any]:
    """The functions and objects that a step starts from: itself, and what its code names."""
    function, owner = fn, None
    if isinstance(fn, MethodType):
        function, owner = fn.__func__, fn.__self__
    elif not isinstance(fn, FunctionType):
        owner = fn  # a Module, or an object with __call__
    return [function, owner]


def guards_of(fn: Callable[..., Any], roots: list[Any]) -> list[Guard]:
    """Places in Python that the step reads, with what is there now."""
    guards: list[Guard] = []
    function, owner = roots
    if isinstance(function, FunctionType):
        guards += [(cell, None, cell.cell_contents) for cell in _cells(function)]
        names = sorted(set(_names(function.__code__)) & set(function.__globals__))
        guards += [(function.__globals__, name, function.__globals__[name]) for name in names]
    guards += [(vars(owner), name, vars(owner)[name]) for name in _read_from(function, owner)]
    return guards


def fingerprint(roots: list[Any]) -> tuple[Any, ...]:
    """What the step would be captured with now: models, optimizers and numbers that it can reach."""
    seen: set[int] = set()
    parts: list[Any] = []
    function, owner = roots
    names = _read_from(function, owner)
    values = [vars(owner)[name] for name in names] if names else [owner]
    if isinstance(function, FunctionType):
        values += [cell.cell_contents for cell in _cells(function)]
        values += [function.__globals__[n] for n in _names(function.__code__) if n in function.__globals__]
        values += function.__defaults__ or ()
    for value in values:
        parts += _describe(value, seen, depth=2)
    return tuple(parts)


def _cells(function: FunctionType) -> list[CellType]:
    cells = []
    for cell in function.__closure__ or ():
        try:
            cell.cell_contents  # noqa: B018  (raises while empty)
        except ValueError:
            continue
        cells.append(cell)
    return cells


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _read_from(function: Any, owner: Any) -> list[str]:
    """The attributes of a method's object that its code names; none for a Module, which is taken whole."""
    if not isinstance(function, FunctionType) or not hasattr(owner, "__dict__") or hasattr(owner, "_fingerprint"):
        return []
    return sorted(set(_names(function.__code__)) & set(vars(owner)))


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
        elif depth and isinstance(value, (list, tuple)):
            for item in value:
                yield from _describe(item, seen, depth - 1)
        elif depth and isinstance(value, dict):
            for item in value.values():
                yield from _describe(item, seen, depth - 1)
        elif depth and hasattr(value, "__dict__"):
            for item in vars(value).values():
                yield from _describe(item, seen, depth - 1)
