"""What a step reads in Python: a captured step is only good while that stays as it was."""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from nncore import _core
from nncore._core import Tensor

__all__ = ["Guard", "Reads", "Same", "describe"]

SCALARS = (bool, int, float, complex, str, bytes, type(None))
LIBRARIES = {"nncore", "numpy", *sys.stdlib_module_names}  # their code reads nothing that the user changes
MAX_DEPTH = 4
MAX_ITEMS = 16  # of a list that is looked at item by item


class Guard(NamedTuple):
    """A place in Python and what was there: NotImplemented where there was nothing."""

    holder: Any  # a cell, or a dict, list or class
    key: Any  # the name or index in it
    value: Any
    name: str

    def holds(self) -> bool:
        """Whether the same is there now."""
        holder, key = self.holder, self.key
        if isinstance(holder, CellType):
            return _is_full(holder) and holder.cell_contents is self.value
        if isinstance(holder, list):
            return key < len(holder) and holder[key] is self.value
        parts = vars(holder) if isinstance(holder, type) else holder
        return parts.get(key, NotImplemented) is self.value


class Same:
    """An object as part of a key: equal to itself alone, and kept, so that no other takes its place."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value


class Reads:
    """The places in Python that a step's code names, and that of the functions and modules it calls."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn
        self._seen: tuple[int, list[Guard], tuple[Any, ...]] | None = None

    def look(self) -> tuple[list[Guard], tuple[Any, ...]]:
        """Each place with what is there now; and what decides which calls the step makes, to compare.

        The latter are the models, optimizers and numbers that the step can reach.
        """
        version = _core.structure_version()
        if self._seen is None or self._seen[0] != version or not all(g.holds() for g in self._seen[1]):
            walk = _Walk()
            walk.visit(self._fn, None, 0)
            seen: set[int] = set()
            values = [self._fn, *walk.reached]
            self._seen = version, walk.guards, tuple(part for v in values for part in describe(v, seen))
        return self._seen[1:]

    def changed(self, before: list[Guard], after: list[Guard]) -> str:
        """What a run of the step changed, in words."""
        earlier = {(id(guard.holder), guard.key): guard.value for guard in before}
        names = sorted(
            {
                guard.name
                for guard in after
                if earlier.get((id(guard.holder), guard.key), guard.value) is not guard.value
            }
        )
        what = ", ".join(f"'{name}'" for name in names) or "a module or an object that it uses"
        code = getattr(getattr(self._fn, "__func__", self._fn), "__code__", None)
        where = f" ({code.co_filename.rpartition('/')[2]}, line {code.co_firstlineno})" if code else ""
        return f"the step{where} changes {what} each time"


class _Walk:
    def __init__(self) -> None:
        self.guards: list[Guard] = []
        self.reached: list[Any] = []  # what decides about the calls, to describe
        self._seen: set[tuple[int, CodeType | None]] = set()
        self._called: set[tuple[int, int]] = set()

    def visit(self, value: Any, code: CodeType | None, depth: int) -> None:
        """Look at a value that `code` can reach: its own code, or those of its parts that `code` names."""
        if isinstance(value, (*SCALARS, Tensor)) or depth > MAX_DEPTH or (id(value), code) in self._seen:
            return
        self._seen.add((id(value), code))
        if isinstance(value, FunctionType):
            self._function(value, None, depth)
        elif isinstance(value, MethodType):
            if isinstance(function := value.__func__, FunctionType):
                self._function(function, value.__self__, depth)
        elif isinstance(value, functools.partial):
            for part in (value.func, *value.args, *value.keywords.values()):
                self.visit(part, code, depth + 1)
        elif hasattr(type(value), "_compiled"):
            self.visit(value._compiled, code, depth)
        elif hasattr(type(value), "_fingerprint"):
            self.reached.append(value)
            for holder, key in value._places() if hasattr(type(value), "_places") else ():
                self.guards.append(Guard(holder, key, holder.get(key, NotImplemented), "state"))
            for module in value.modules() if hasattr(type(value), "modules") else ():
                self._method(module, "forward", depth)
            for name in _attributes(code):
                self.visit(vars(value).get(name), code, depth + 1)
        elif isinstance(value, dict):
            self._parts(value, value, _constants(code), code, depth)
        elif isinstance(value, (list, tuple)):
            if len(value) <= MAX_ITEMS:
                items = dict(enumerate(value))
                self._parts(value, items, items if type(value) is list else (), code, depth)
                for item in items.values():
                    self.visit(item, code, depth + 1)
        elif isinstance(value, (type, ModuleType)):
            if not _is_library(vars(value).get("__module__", vars(value).get("__name__"))):
                holder = value if isinstance(value, type) else vars(value)
                self._parts(holder, vars(value), _attributes(code), code, depth)
        elif hasattr(value, "__dict__"):
            self._parts(vars(value), vars(value), _attributes(code), code, depth, type(value))
            self._method(value, "__call__", depth)

    def _parts(
        self,
        holder: Any,
        parts: dict[Any, Any],
        keys: Iterable[Any],
        code: CodeType | None,
        depth: int,
        owner: type | None = None,
    ) -> None:
        for key in keys:
            if key in parts:
                self._guard(Guard(holder, key, parts[key], str(key)), code, depth)
            elif (beneath := getattr(owner, key, None)) is not None and not callable(beneath):
                self._guard(Guard(holder, key, NotImplemented, str(key)), code, depth)

    def _guard(self, guard: Guard, code: CodeType | None, depth: int) -> None:
        self.guards.append(guard)
        self.reached.append(guard.value)
        self.visit(guard.value, code, depth + 1)

    def _method(self, owner: Any, name: str, depth: int) -> None:
        function = getattr(type(owner), name, None)
        if isinstance(function, FunctionType) and not _is_library(function.__globals__.get("__name__")):
            self._function(function, owner, depth)

    def _function(self, function: FunctionType, owner: Any, depth: int) -> None:
        code = function.__code__
        if depth > MAX_DEPTH or (id(owner), id(function)) in self._called:
            return
        self._called.add((id(owner), id(function)))
        for cell, name in zip(function.__closure__ or (), code.co_freevars, strict=True):
            if _is_full(cell):
                self._guard(Guard(cell, None, cell.cell_contents, name), code, depth)
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.visit(default, code, depth + 1)
        if _is_library(function.__globals__.get("__name__")) or "site-packages" in code.co_filename:
            return
        self._parts(function.__globals__, function.__globals__, _globals(code), code, depth)
        if owner is not None:
            self.visit(owner, code, depth)
            for name in _attributes(code):
                self._method(owner, name, depth + 1)


@lru_cache(maxsize=1024)
def _is_library(name: str | None) -> bool:
    return (name or "").partition(".")[0] in LIBRARIES


def _is_full(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  (raises while empty)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _globals(code: CodeType) -> tuple[str, ...]:
    return tuple(sorted(set(_names(code, "LOAD_GLOBAL", "LOAD_NAME"))))


@lru_cache(maxsize=1024)
def _attributes(code: CodeType | None) -> tuple[str, ...]:
    return () if code is None else tuple(sorted(set(_names(code, "LOAD_ATTR", "LOAD_METHOD"))))


@lru_cache(maxsize=1024)
def _constants(code: CodeType | None) -> tuple[str, ...]:
    if code is None:
        return ()
    own = {constant for constant in code.co_consts if isinstance(constant, str)}
    inner = (_constants(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return tuple(sorted(own.union(*inner)))


def _names(code: CodeType, *operations: str) -> Iterator[str]:
    """Names that the code, and the functions inside it, use with one of these operations."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in operations:
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant, *operations)


def describe(value: Any, seen: set[int], depth: int = 2) -> Iterator[Any]:
    """A hashable description of what matters in a value for the calls that a step makes."""
    if isinstance(value, float):
        yield value.hex()
    elif isinstance(value, SCALARS):
        yield (type(value), value)
    elif isinstance(value, Tensor):
        yield (Same(value), value.requires_grad)
    elif isinstance(value, Same):
        yield value
    elif id(value) in seen or isinstance(value, (ModuleType, type, FunctionType)):
        yield Same(value)
    else:
        seen.add(id(value))
        yield Same(value)
        if hasattr(type(value), "_fingerprint"):
            for item in value._fingerprint():
                yield from describe(item, seen, depth)
        elif depth:
            for item in _items(value):
                yield from describe(item, seen, depth - 1)


def _items(value: Any) -> Iterable[Any]:
    """The parts of a value; numbers in an object matter only where the code names them, as guards."""
    if isinstance(value, MethodType):
        return (value.__func__, value.__self__)
    if isinstance(value, functools.partial):
        return (value.func, *value.args, *value.keywords.values())
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, dict):
        return value.values()
    return [part for part in getattr(value, "__dict__", {}).values() if not isinstance(part, SCALARS)]
