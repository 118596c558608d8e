"""What a captured step returns, and what Python must do again in each replay."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nncore import _core
from nncore._core import Tensor

__all__ = ["Actions", "Layout", "flatten", "repeat_in_replays", "repeated"]


class Actions:
    """What acts outside the tensors, such as a scheduler, and is done again in each replay."""

    def __init__(self) -> None:
        self.before: list[Callable[[], Any]] = []  # the optimizers' settings are read
        self.after: list[Callable[[], Any]] = []
        self.groups: list[dict[str, Any]] = []  # whose rates are set before

    def prepare(self) -> Callable[[], None] | None:
        """What comes before a replay, or None."""
        if not self.before:
            return None

        def prepare() -> None:
            for action in self.before:
                action()

        return prepare


class _Capturing(threading.local):
    actions: Actions | None = None


_capturing = _Capturing()


@contextmanager
def repeated() -> Iterator[Actions]:
    """Collects what the step that this thread captures wants done again."""
    outer = _capturing.actions
    _capturing.actions = found = Actions()
    try:
        yield found
    finally:
        _capturing.actions = outer


def repeat_in_replays(action: Callable[[], Any], groups: list[Any]) -> None:
    """Repeat the action in each replay. A scheduler calls this: it sets the rates of `groups`."""
    actions = _capturing.actions
    if actions is None or not _core.capturing():
        return
    if _core.sets_rates([group.settings for group in groups]):
        actions.after.append(action)
    else:
        actions.before.append(action)
        actions.groups += groups


class Layout:
    """How a result is made of tensors: one tensor, or tuples, lists and dicts of them and of constants."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape

    def build(self, tensors: list[Tensor]) -> Any:
        """The result with these tensors in it."""
        return _build(self._shape, tensors)

    def equals(self, other: Layout) -> bool:
        """Whether both make the same result of the same tensors."""
        return repr(self._shape) == repr(other._shape)

    def rebuilder(self, actions: Actions) -> Callable[[list[Tensor]], Any] | None:
        """What makes the result of a replay; None where it is one tensor and nothing else is to do."""
        if not actions.after:
            return None if isinstance(self._shape, _Place) else self.build

        def rebuild(tensors: list[Tensor]) -> Any:
            for action in actions.after:
                action()
            return self.build(tensors)

        return rebuild


class _Place(int):
    """The number of a tensor in the list of all."""

    def __repr__(self) -> str:
        return f"tensor {int(self)}"


def flatten(result: Any) -> tuple[Layout, list[Tensor]]:
    """The layout of a result and its tensors. TypeError for objects that a replay could not make again."""
    tensors: list[Tensor] = []
    return Layout(_take(result, tensors)), tensors


def _take(value: Any, tensors: list[Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors.append(value)
        return _Place(len(tensors) - 1)
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(_take(item, tensors) for item in value)
    if type(value) in (tuple, list):
        return type(value)(_take(item, tensors) for item in value)
    if type(value) is dict:
        return {key: _take(item, tensors) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"compile: the step returns a {type(value).__name__}; return tensors, numbers, or tuples, lists and "
        "dicts of them"
    )


def _build(shape: Any, tensors: list[Tensor]) -> Any:
    if isinstance(shape, _Place):
        return tensors[shape]
    if isinstance(shape, tuple) and hasattr(shape, "_make"):
        return shape._make(_build(item, tensors) for item in shape)
    if type(shape) in (tuple, list):
        return type(shape)(_build(item, tensors) for item in shape)
    if type(shape) is dict:
        return {key: _build(item, tensors) for key, item in shape.items()}
    return shape
