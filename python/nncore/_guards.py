"""What a step reads in Python: a captured step is only good while that stays as it was."""

from __future__ import annotations

import pickle
import random
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from nncore import _core
from nncore._code import line_naming
from nncore._core import Tensor
from nncore._walk import CONTENTS, SCALARS, Guard, Walk

__all__ = ["Reads", "Same", "Seen", "changes", "describe"]

MAX_KEPT = 8  # looks at a step with different models as arguments


class Same:
    """An object as part of a key: equal to itself alone, and kept, so that no other takes its place."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value


class Seen(NamedTuple):
    """What one look at a step found."""

    version: int
    guards: _core.Guards
    places: list[Guard]  # those of the guards, and attributes of modules
    fingerprint: tuple[Any, ...]  # what decides which calls the step makes, to compare
    refusal: str  # why nothing can be said about it
    random: _Random

    def holds(self) -> bool:
        """Whether another look would find the same."""
        return self.version == _core.structure_version() and self.guards.hold()


class Reads:
    """The places in Python that a step's code names, and that of the functions and modules it calls."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn
        self._seen: dict[tuple[Same, ...], Seen] = {}

    def look(self, models: tuple[Any, ...] = ()) -> Seen:
        """What there is now; `models` are those among the arguments."""
        key = tuple(map(Same, models))
        seen = self._seen.get(key)
        if seen is None or seen.refusal or not seen.holds():
            if len(self._seen) >= MAX_KEPT:
                self._seen.clear()
            version = _core.structure_version()
            walk = Walk([self._fn, *models])
            described = (_describe(model, model._fingerprint()) for model in walk.models)
            fingerprint = (
                Same(self._fn),
                *(describe(guard.value) for guard in walk.guards),
                *(part for parts in described for part in parts),
            )
            places = walk.guards + walk.attributes
            seen = Seen(version, _core.Guards(walk.guards), places, fingerprint, walk.refusal, _Random(walk))
            self._seen[key] = seen
        return seen

    def where(self) -> str:
        """The step's place in words: " (file, line n)"."""
        code = getattr(getattr(self._fn, "__func__", self._fn), "__code__", None)
        return f" ({code.co_filename.rpartition('/')[2]}, line {code.co_firstlineno})" if code else ""


def changes(before: Seen, after: Seen) -> str:
    """The places that are no longer as they were, by name."""
    earlier = {_place(guard): guard.value for guard in before.places}
    names = {
        name for guard in after.places for name in _changed(guard, earlier.get(_place(guard), guard.value))
    }
    return ", ".join(f"'{name}'" for name in sorted(names)) or "a module or an object that it uses"


def _place(guard: Guard) -> tuple[int, Any]:
    return id(guard.holder), guard.key if isinstance(guard.key, str) else id(guard.key)


def _changed(guard: Guard, before: Any) -> Iterator[str]:
    if describe(guard.value) == describe(before):
        return
    if guard.key is not CONTENTS or len(before) != len(guard.value):
        yield guard.name
    elif isinstance(guard.holder, dict):
        for i in range(0, len(before), 2):
            if describe(before[i : i + 2]) != describe(guard.value[i : i + 2]):
                yield f"{guard.name}[{guard.value[i]!r}]"
    else:
        for i, (old, new) in enumerate(zip(before, guard.value, strict=True)):
            if describe(old) != describe(new):
                yield f"{guard.name}[{i}]"


def describe(value: Any) -> Any:
    """A value as part of a key: numbers and strings by value, all else by what it is."""
    kind = type(value)
    if kind is float:
        return (kind, value.hex())
    if isinstance(value, Tensor):
        return (Same(value), value.requires_grad)
    if isinstance(value, np.generic):
        return (kind, value.tobytes())
    if isinstance(value, SCALARS):
        return (kind, value)
    if kind is tuple:
        return tuple(map(describe, value))
    if isinstance(value, frozenset):
        return frozenset(map(describe, value))
    return value if isinstance(value, Same) else Same(value)


def _describe(model: Any, parts: Any) -> Iterator[Any]:
    yield Same(model)
    for part in parts:
        yield describe(part)


class _Random:
    """The states of the random generators of Python and NumPy that a step can draw from."""

    def __init__(self, walk: Walk) -> None:
        self._own = walk.random
        self._codes = walk.codes

    def states(self) -> dict[str, bytes]:
        """By name; each is another after something was drawn."""
        found: dict[str, Any] = {"Python's random": random.getstate()}
        if "numpy.random" in sys.modules:
            found["numpy.random"] = np.random.get_state(legacy=False)  # noqa: NPY002
        for name, source in self._own:
            found[f"'{name}'"] = source.getstate() if isinstance(source, random.Random) else _state(source)
        return {name: pickle.dumps(state) for name, state in found.items()}

    def drawn(self, before: dict[str, bytes]) -> str:
        """What has been drawn from since, in words with the line; or nothing."""
        for name, state in self.states().items():
            if before[name] != state:
                used = {"random", name.strip("'").rpartition(".")[2]}
                line = line_naming(self._codes, used)
                if line or threading.active_count() == 1:  # another thread may have drawn
                    return f"{name}{line}"
        return ""


def _state(source: Any) -> Any:
    if isinstance(source, np.random.RandomState):
        return source.get_state(legacy=False)
    return getattr(source, "bit_generator", source).state
