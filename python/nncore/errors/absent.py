"""Answers to PyTorch's names that nncore lacks: one line that names what to write instead.

`absent.txt` lists the names. It is read at the first access to a name that does not exist.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Answer", "answer", "answer_in", "missing", "read"]


class Answer(NamedTuple):
    planned: bool
    instead: str  # what to write instead; may be empty for planned names

    def text(self, name: str) -> str:
        """The message of the error.

        >>> from nncore.errors.absent import answer
        >>> answer("jit.script").text("jit.script")
        'nncore has no jit.script; use nncore.compile(model)'
        """
        return f"nncore has no {name}{' yet' * self.planned}{f'; {self.instead}' * bool(self.instead)}"


@cache
def read() -> dict[str, Answer]:
    """The names and patterns of `absent.txt`, in the order of the file."""
    found: dict[str, Answer] = {}
    planned = False
    for line in Path(__file__).with_name("absent.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            planned = line == "[planned]"
        elif line and not line.startswith("#"):
            names, _, instead = line.partition(": ")
            found.update(dict.fromkeys(names.split(), Answer(planned, instead)))
    return found


def answer(name: str) -> Answer | None:
    """The answer to a name without "torch.", such as "nn.Conv2d"; None if the table lacks it.

    A name in the table goes before a pattern, and a longer pattern before a shorter one.
    """
    matching = [key for key in read() if key == name or ("*" in key and fnmatchcase(name, key))]
    return read()[max(matching, key=lambda key: ("*" not in key, len(key)))] if matching else None


def missing(module: str, name: str, prefix: str | None = None) -> AttributeError:
    """The error for a name that a module lacks; `prefix` is that of PyTorch's name, such as "nn."."""
    whole = (f"{module}.".removeprefix("nncore.") if prefix is None else prefix) + name
    found = None if name.startswith("__") else answer(whole)
    if found:
        return AttributeError(found.text(whole), name=name)  # without Python's suggestions
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def answer_in(scope: dict[str, Any], prefix: str | None = None, lazy: tuple[str, ...] = ()) -> None:
    """Add `__getattr__` to the globals of a module; a function there would hide wrong names from mypy.

    The submodules `lazy` are loaded at first use.
    """
    module: str = scope["__name__"]

    def __getattr__(name: str) -> Any:
        if name in lazy:
            return import_module(f"{module}.{name}")
        raise missing(module, name, prefix)

    scope["__getattr__"] = __getattr__
