"""What code names: globals, attributes, strings and imports; and whose code it is."""

from __future__ import annotations

import dis
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

__all__ = ["Names", "is_library", "line_naming", "names_in"]

GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"}
ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "IMPORT_FROM"}
IMPORTS, STORES = {"IMPORT_NAME"}, {"STORE_ATTR"}
PLACES = tuple(
    os.path.realpath(place) + os.sep
    for place in (
        os.path.dirname(__file__),
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
    )
)
INSTALLED = {"site-packages", "dist-packages"}


class Names(NamedTuple):
    """Of a code and of the functions inside it."""

    globals: frozenset[str]
    attributes: frozenset[str]
    strings: frozenset[str]
    imports: frozenset[str]
    stores: frozenset[str]  # attributes


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> Names:
    """All that `code` names."""
    found: tuple[set[str], ...] = (set(), set(), set(_strings(code.co_consts)), set(), set())
    for instruction in dis.get_instructions(code):
        for kind, operations in ((0, GLOBALS), (1, ATTRIBUTES), (3, IMPORTS), (4, STORES)):
            if instruction.opname in operations:
                found[kind].add(instruction.argval)
    inner = [names_in(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return Names(*(frozenset(own.union(*(n[i] for n in inner))) for i, own in enumerate(found)))


def line_naming(codes: Iterable[CodeType], names: Iterable[str]) -> str:
    """Where one of these names stands first: " (file, line n)", or nothing."""
    for code in codes:
        line, starts = code.co_firstlineno, dict(dis.findlinestarts(code))
        for instruction in dis.get_instructions(code):
            line = starts.get(instruction.offset) or line
            if instruction.opname in GLOBALS | ATTRIBUTES | {"LOAD_DEREF"} and instruction.argval in names:
                return f" ({os.path.basename(code.co_filename)}, line {line})"
        inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        if found := line_naming(inner, names):
            return found
    return ""


def is_library(module: str | None, filename: str = "") -> bool:
    """Whether code of this module, from this file, is Python's, nncore's or an installed package's.

    An installed package that uses nncore counts as a user's program.
    """
    if filename and not filename.startswith("<"):
        return _is_installed(filename)
    return _is_library_module(module or "")


def _is_library_module(module: str) -> bool:
    if module == "__main__" or not module:
        return False
    loaded = sys.modules.get(module)
    filename = getattr(loaded, "__file__", None)
    if filename is None:  # compiled in, or made at run time
        return module.partition(".")[0] in {*sys.builtin_module_names, "nncore"}
    return _is_installed(filename)


def _is_installed(filename: str) -> bool:
    is_library, package = _place(filename)
    return is_library and not (package and _uses_nncore(package, len(sys.modules)))


@lru_cache(maxsize=4096)
def _place(filename: str) -> tuple[bool, str]:
    """Whether this is a file of Python, nncore or an installed package, and the name of the latter."""
    path = os.path.realpath(filename)
    if filename.startswith("<frozen") or path.startswith(PLACES[0]):
        return True, ""
    parts = path.split(os.sep)
    inside = [i for i, part in enumerate(parts) if part in INSTALLED]
    if not inside:
        return path.startswith(PLACES), ""
    names = [part.partition(".")[0] for part in parts[inside[-1] + 1 :]]
    package = names.pop(0)
    while names and getattr(sys.modules.get(package, dis), "__file__", None) is None:  # of several projects
        package = f"{package}.{names.pop(0)}"
    return True, package


@lru_cache(maxsize=1024)
def _uses_nncore(package: str, loaded: int) -> bool:
    """Whether a loaded module of the package, of `loaded` in all, has something of nncore in it."""
    everything: list[tuple[str, Any]] = list(sys.modules.items())  # some packages put other things there
    modules = [
        module
        for name, module in everything
        if isinstance(module, ModuleType) and (name == package or name.startswith(f"{package}."))
    ]
    return any(_is_nncores(value) for module in modules for value in tuple(vars(module).values()))


def _is_nncores(value: Any) -> bool:
    if isinstance(value, ModuleType):
        name: Any = value.__name__
    elif isinstance(value, (type, FunctionType, BuiltinFunctionType)):
        name = value.__module__
    else:
        return False
    return isinstance(name, str) and name.partition(".")[0] == "nncore"


def _strings(constants: Iterable[Any]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, (tuple, frozenset)):
            yield from _strings(constant)
