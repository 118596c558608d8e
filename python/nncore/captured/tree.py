"""The result of a step as a tree of tuples, lists and dicts with tensors and constants as leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nncore._core import Tensor

__all__ = ["Slot", "build", "flatten"]


class Slot(int):
    """In a tree, the number of a tensor in the list of all."""

    def __repr__(self) -> str:
        return f"tensor {int(self)}"


def flatten(result: Any) -> tuple[Any, list[Tensor]]:
    """A tree with a Slot for each tensor, and the tensors. Equal trees have equal `repr`.

    Errors: TypeError for an object that a replay could not make again.
    """
    tensors: list[Tensor] = []

    def take(leaf: Any) -> Any:
        if isinstance(leaf, Tensor):
            tensors.append(leaf)
            return Slot(len(tensors) - 1)
        if leaf is None or isinstance(leaf, (bool, int, float, str)):
            return leaf
        raise TypeError(
            f"compile: the step returns a {type(leaf).__name__}; return tensors, numbers, or tuples, lists "
            "and dicts of them"
        )

    return _mapped(result, take), tensors


def build(tree: Any, tensors: Sequence[Any]) -> Any:
    """The result with these tensors."""
    return _mapped(tree, lambda leaf: tensors[leaf] if isinstance(leaf, Slot) else leaf)


def _mapped(tree: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(tree, tuple) and hasattr(tree, "_make"):
        return tree._make(_mapped(item, function) for item in tree)
    if type(tree) in (tuple, list):
        return type(tree)(_mapped(item, function) for item in tree)
    if type(tree) is dict:
        return {key: _mapped(item, function) for key, item in tree.items()}
    return function(tree)
