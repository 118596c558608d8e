"""What a step can reach in Python: from its code to all that this names, and so on."""

from __future__ import annotations

import functools
import io
import operator
import os
import random
import sys
import weakref
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

import numpy as np

from nncore._code import is_library, names_in
from nncore._core import Tensor

__all__ = ["CONTENTS", "NOTHING", "SCALARS", "Guard", "Walk"]

SCALARS = (bool, int, float, complex, str, bytes, type(None), np.generic)
NOTHING = NotImplemented
CONTENTS = ...  # as a key: all that is in a list or a dict
MAX_PLACES = 20_000  # and items of lists and dicts, to look at before every replay
MAX_BYTES = 1 << 16  # of an array that is compared before every replay
BY_NAME = {"getattr", "hasattr", "setattr", "attrgetter", "methodcaller"}  # what takes an attribute's name
WHOLE = {"vars", "__dict__", "asdict", "astuple"}  # what takes all attributes
ENVIRONMENT = {"environ", "getenv"}
UNCALLED = {"__repr__", "__str__", "__del__", "__reduce__", "__getstate__", "__setstate__"}
RANDOM = (random.Random, np.random.Generator, np.random.RandomState, np.random.BitGenerator)


class Guard(NamedTuple):
    """A place in Python and what was there: NOTHING, a value, or a tuple of CONTENTS.

    The key is a name in a cell, dict, class or object; "__code__" of a function, with its defaults; CONTENTS
    of a list or dict, whose keys and values take turns; or a function that makes a value of the holder.
    """

    holder: Any
    key: Any
    value: Any
    name: str


class Walk:
    """All that functions and objects can reach by what their code names.

    Any code may have got any object as an argument, so that every name counts for every object; only
    globals and closures are those of one function. Methods are followed through the classes of an object.
    """

    def __init__(self, roots: Iterable[Any]) -> None:
        self.guards: list[Guard] = []
        self.attributes: list[Guard] = []  # of modules, which say themselves when one changes
        self.models: list[Any] = []  # modules and optimizers
        self.random: list[tuple[str, Any]] = []
        self.codes: list[CodeType] = []
        self.refusal = ""
        self._names: set[str] = set()
        self._mentioned: set[str] = set()  # and globals
        self._strings: set[str] = set()
        self._objects: list[tuple[Any, str]] = []  # to be looked at again when there are more names
        self._groups: set[int] = set()  # settings of optimizers, which are data
        self._seen: dict[int, Any] = {}  # kept, so that no other takes its place
        self._guarded: set[tuple[int, Any]] = set()
        self._todo: list[tuple[Any, str]] = [(root, "") for root in roots]
        self._places = 0
        self._run()

    def _run(self) -> None:
        known = -1
        while (
            known < (now := len(self._names) + len(self._strings) + len(self._mentioned)) and not self.refusal
        ):
            known = now
            for value, name in tuple(self._objects):
                self._look_at(value, name)
            while self._todo and not self.refusal:
                self._visit(*self._todo.pop())

    def _visit(self, value: Any, name: str) -> None:
        if isinstance(value, SCALARS):
            if isinstance(value, str):
                self._strings.add(value)
            return
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        for kinds, visit in VISITS:
            if isinstance(value, kinds):
                return visit(self, value, name)
        if hasattr(type(value), "_compiled"):
            return self._visit(value._compiled, name)
        if hasattr(type(value), "_fingerprint"):
            return self._model(value, name)
        if isinstance(value, Mapping):
            self._told(value, _entries, name)
            self._later(value.values(), name)
        elif _is_iterator(value):
            self._refuse(
                f"the step reaches the iterator '{name}', which a replay would not advance. Let it come "
                "before the step, and pass what it gives as an argument"
            )
        self._object(value, name)

    # Places

    def _guard(self, holder: Any, key: Any, value: Any, name: str, says_itself: bool = False) -> None:
        """Watch one place, unless it says itself when it changes, and go on with what is there."""
        mark = (id(holder), key if isinstance(key, str) else id(key))
        if mark in self._guarded:
            return
        self._guarded.add(mark)
        (self.attributes if says_itself else self.guards).append(Guard(holder, key, value, name))
        self._count(1, name)
        if value is not NOTHING:
            self._todo.append((value, name))

    def _count(self, places: int, name: str) -> None:
        self._places += places
        if self._places > MAX_PLACES:
            self._refuse(
                f"the step reaches more than {MAX_PLACES} places in Python, the last through '{name}', too "
                "many to look at before every replay. Pass what it needs of them as an argument"
            )

    def _refuse(self, why: str) -> None:
        self.refusal = self.refusal or why

    def _told(self, holder: Any, tell: Callable[[Any], Any], name: str) -> None:
        value = tell(holder)
        self.guards.append(Guard(holder, tell, value, name))
        self._count(len(value), name)

    def _later(self, values: Iterable[Any], name: str) -> None:
        self._todo += [(value, f"{name}[...]") for value in values if not isinstance(value, SCALARS)]
        self._strings.update(value for value in values if isinstance(value, str))

    # Kinds of values

    def _list(self, value: list[Any], name: str) -> None:
        self._contents(value, tuple(value), name)
        self._later(value, name)
        self._object(value, name)

    def _dict(self, value: dict[Any, Any], name: str) -> None:
        if id(value) not in self._groups:
            if 2 * len(value) > MAX_PLACES:
                return self._count(2 * len(value), name)
            if isinstance(value, OrderedDict):  # whose order is not that of its table
                self._told(value, _entries, name)
            else:
                self._contents(value, tuple(part for entry in value.items() for part in entry), name)
            self._strings.update(key for key in value if isinstance(key, str))
            self._todo += [(part, f"{name}[{_shown(key)}]") for key, part in value.items()]
        self._object(value, name)

    def _contents(self, holder: Any, contents: tuple[Any, ...], name: str) -> None:
        self.guards.append(Guard(holder, CONTENTS, contents, name))
        self._count(len(contents), name)

    def _tuple(self, value: tuple[Any, ...] | frozenset[Any], name: str) -> None:
        self._later(value, name)
        self._object(value, name)

    def _set(self, value: set[Any], name: str) -> None:
        self._told(value, frozenset, name)
        self._later(value, name)

    def _deque(self, value: deque[Any], name: str) -> None:
        self._told(value, tuple, name)
        self._later(value, name)

    def _array(self, value: np.ndarray[Any, Any], name: str) -> None:
        if value.dtype == object:
            self._told(value, np.ndarray.tolist, name)
            self._later(value.ravel().tolist(), name)
        elif value.nbytes <= MAX_BYTES:
            self.guards.append(Guard(value, np.ndarray.tobytes, value.tobytes(), name))
            self._count(1 + value.nbytes // 64, name)
        elif _is_writeable(value):
            self._refuse(
                f"the step reaches the array '{name}' of {value.nbytes} bytes, too many to compare before "
                "every replay. Pass it as an argument, make a tensor of it before the step, or say that it "
                "does not change with setflags(write=False)"
            )

    def _bytes(self, value: Any, name: str) -> None:
        self._told(value, bytes, name)

    def _tensor(self, value: Tensor, name: str) -> None:
        self._todo += [(hook, f"{name}'s hook") for hook in value._gradient_hooks]

    def _weak(self, value: weakref.ref[Any], name: str) -> None:
        self._todo.append((value(), name))

    def _getter(self, value: Any, name: str) -> None:
        make, arguments = value.__reduce__()[:2]
        if isinstance(make, functools.partial):  # a method caller with keywords
            arguments = make.args
        self._names |= {part for names in arguments for part in str(names).split(".")}

    def _random(self, value: Any, name: str) -> None:
        if isinstance(value, random.SystemRandom):
            self._refuse(f"the step reaches '{name}', whose numbers a replay would not draw")
        self.random.append((name, value))

    def _partial(self, value: functools.partial[Any], name: str) -> None:
        self._todo += [(part, name) for part in (value.func, *value.args, *value.keywords.values())]

    def _builtin(self, value: BuiltinFunctionType, name: str) -> None:
        if not isinstance(value.__self__, (ModuleType, type)):
            self._todo.append((value.__self__, name))

    def _bound(self, value: MethodType, name: str) -> None:
        self._todo += [(value.__func__, name), (value.__self__, name or "self")]

    def _cached(self, value: Any, name: str) -> None:
        self._todo.append((value.__wrapped__, name))

    def _function(self, value: FunctionType, name: str) -> None:
        code = value.__code__
        for cell, free in zip(value.__closure__ or (), code.co_freevars, strict=True):
            if _is_full(cell) and free != "__class__":  # of super(): an object's classes are looked at anyway
                self._guard(cell, None, cell.cell_contents, free)
        for default in (*(value.__defaults__ or ()), value.__kwdefaults__):
            self._todo.append((default, f"a default of {value.__name__}"))
        if is_library(value.__module__, code.co_filename):
            return
        self.codes.append(code)
        self.guards.append(
            Guard(value, "__code__", (code, value.__defaults__, value.__kwdefaults__), value.__name__)
        )
        names, places = names_in(code), value.__globals__
        self._names |= names.attributes | (names.stores if code.co_name != "__init__" else set())
        self._strings |= names.strings
        self._mentioned |= names.attributes | names.globals
        for used in sorted(names.globals & places.keys()):
            self._guard(places, used, places[used], used)
        for used in names.imports:
            for module in (used, f"{places.get('__package__')}.{used}".rstrip(".")):  # absolute, or relative
                self._todo.append((sys.modules.get(module), used))
        if self._mentioned & ENVIRONMENT:
            self._todo.append((vars(os.environ).get("_data"), "os.environ"))
        if vars(value):
            self._object(value, name)

    def _model(self, value: Any, name: str) -> None:
        """A module with all in it, an optimizer or a schedule."""
        self.models.append(value)
        for holder, key in value._places():
            part = tuple(holder) if key is CONTENTS else holder.get(key, NOTHING)
            self.guards.append(Guard(holder, key, part, name))
        self._todo += [(part, f"{name}.{suffix}" if name else suffix) for suffix, part in value._reached()]
        kind: type = type(value)
        for i, group in enumerate(vars(value).get("param_groups", ())):
            self._groups.add(id(group))
            if _has_own_methods(kind):  # which read settings as numbers
                for key in sorted(group.keys() - {"params"}):
                    self._guard(group, key, group[key], f"{name}.param_groups[{i}][{key!r}]")
        self._object(value, name)

    # Objects: attributes, here and in the classes

    def _object(self, value: Any, name: str) -> None:
        self._objects.append((value, name))
        self._look_at(value, name)

    def _look_at(self, value: Any, name: str) -> None:
        """All attributes of a value that any code names."""
        names = self._names
        if self._mentioned & BY_NAME:
            names = names | self._strings
        within = f"{name}." if name else ""
        if id(value) in self._groups:
            for key in sorted(value.keys() & self._strings - {"params"}):
                self._guard(value, key, value[key], f"{name}[{key!r}]")
        elif isinstance(value, ModuleType):
            if not is_library(value.__name__):
                for used in sorted(names & vars(value).keys()):
                    self._guard(vars(value), used, vars(value)[used], within + used)
        elif isinstance(value, type):
            self._classes(value, value, names, within)
            self._classes(type(value), value, names, within)
        else:
            beneath = self._classes(type(value), value, names, within)
            if hasattr(value, "__dict__"):
                self._instance(value, names, beneath, within)

    def _classes(self, kind: type, value: Any, names: set[str], within: str) -> set[str]:
        """What the user's classes of a value say; the names among it that the value itself may override."""
        own, inherited = _user_classes(kind)
        found: set[str] = set()
        for i, cls in enumerate(() if getattr(kind, "_repeats", False) else own):
            for used, part in tuple(vars(cls).items()):
                if isinstance(part, MemberDescriptorType):  # of __slots__
                    if (used in names or self._mentioned & WHOLE) and kind is not value:
                        self._guard(value, used, getattr(value, used, NOTHING), within + used)
                elif used in names or _may_be_called(used, part, inherited, kind is value):
                    self._guard(cls, used, part, f"{cls.__name__}.{used}")
                    self._todo += [(function, within + used) for function in _functions_in(part)]
                    for nearer in own[:i]:
                        if used not in vars(nearer):
                            self._guard(nearer, used, NOTHING, f"{nearer.__name__}.{used}")
                    if used in names and not isinstance(part, property):
                        found.add(used)
        return found

    def _instance(self, value: Any, names: set[str], beneath: set[str], within: str) -> None:
        places = vars(value)
        says_itself = hasattr(type(value), "_registered")  # a module, when it changes
        if "get_last_lr" in names and getattr(value, "_repeats", False):
            names = names | {"_last_lr"}
        whole = self._mentioned & WHOLE and not hasattr(type(value), "_fingerprint")
        for used in sorted(places if whole else names & places.keys()):
            self._guard(places, used, places[used], within + used, says_itself)
        if not says_itself:
            absent = beneath | (self._strings if self._mentioned & BY_NAME else set())
            for used in sorted(absent - places.keys()):
                self._guard(places, used, NOTHING, within + used)


VISITS: tuple[tuple[Any, Callable[[Walk, Any, str], None]], ...] = (
    (Tensor, Walk._tensor),
    (FunctionType, Walk._function),
    (MethodType, Walk._bound),
    (BuiltinFunctionType, Walk._builtin),
    (functools.partial, Walk._partial),
    (type(lru_cache(len)), Walk._cached),
    (dict, Walk._dict),
    (list, Walk._list),
    ((tuple, frozenset), Walk._tuple),
    (set, Walk._set),
    (deque, Walk._deque),
    (np.ndarray, Walk._array),
    ((bytearray, array), Walk._bytes),
    (RANDOM, Walk._random),
    (weakref.ref, Walk._weak),
    ((operator.attrgetter, operator.methodcaller), Walk._getter),
)


def _functions_in(part: Any) -> tuple[Any, ...]:
    if isinstance(part, property):
        return (part.fget, part.fset)
    if isinstance(part, (staticmethod, classmethod)):
        return (part.__func__,)
    return (part.func,) if isinstance(part, (functools.cached_property, functools.partialmethod)) else ()


def _may_be_called(name: str, part: Any, inherited: set[str], is_class: bool) -> bool:
    """Methods that an operator or a call runs, or code of a library through the name that it gave them."""
    if not isinstance(part, (FunctionType, classmethod, staticmethod, property)) or name in UNCALLED:
        return False
    if name in ("__init__", "__new__"):
        return is_class
    return name in inherited or (name.startswith("__") and name.endswith("__"))


@lru_cache(maxsize=1024)
def _user_classes(kind: type) -> tuple[tuple[type, ...], set[str]]:
    """Those of its classes that are the user's, nearest first, and the names that the others have."""
    library = [cls for cls in kind.__mro__ if is_library(cls.__module__)]
    own = tuple(cls for cls in kind.__mro__ if cls not in library)
    return own, {used for cls in library if cls is not object for used in vars(cls)}


@lru_cache(maxsize=1024)
def _has_own_methods(kind: type) -> bool:
    parts = [item for cls in _user_classes(kind)[0] for item in vars(cls).items()]
    return any(isinstance(part, FunctionType) and name != "__init__" for name, part in parts)


def _is_writeable(value: Any) -> bool:
    while isinstance(value, np.ndarray):
        if value.flags.writeable:
            return True
        value = value.base
    return False


def _is_iterator(value: Any) -> bool:
    """One whose next value cannot be foretold by following the user's code."""
    advance = getattr(type(value), "__next__", None)
    if advance is None or isinstance(value, io.IOBase):
        return False
    return not isinstance(advance, FunctionType) or is_library(advance.__module__)


def _is_full(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  (raises while empty)
    except ValueError:
        return False
    return True


def _entries(value: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(part for entry in value.items() for part in entry)


def _shown(key: Any) -> str:
    return repr(key) if isinstance(key, SCALARS) else type(key).__name__
