"""What a captured step returns, and what must be done again after each replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nncore import _core
from nncore._core import Tensor

__all__ = ["Layout", "after_replays", "flatten", "repeat_after_replays"]

_actions: list[Callable[[], Any]] = []


@contextmanager
def after_replays() -> Iterator[list[Callable[[], Any]]]:
    """Collects what the step being captured wants done after each of its replays."""
    _actions.clear()
    found: list[Callable[[], Any]] = []
    yield found
    found += _actions


def repeat_after_replays(action: Callable[[], Any]) -> None:
    """Said by what acts outside the tensors, such as a scheduler: do this after each replay, too."""
    if _core.capturing():
        _actions.append(action)


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

    def rebuilder(self, actions: list[Callable[[], Any]]) -> Callable[[list[Tensor]], Any] | None:
        """What makes the result of a replay; None where it is one tensor and nothing else is to do."""
        if not actions:
            return None if isinstance(self._shape, _Place) else self.build

        def rebuild(tensors: list[Tensor]) -> Any:
            for action in actions:
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
