"""The result of a step as a tree of tuples, lists and dicts with tensors and constants as leaves."""

from __future__ import annotations

from typing import Any

from nncore._core import Tensor

__all__ = ["Layout", "flatten"]


class Layout:
    """A result without its tensors: each is replaced by its index in the list of all tensors."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self.is_one_tensor = isinstance(tree, _Number)

    def build(self, tensors: list[Any]) -> Any:
        """The result with these tensors."""
        return _mapped(self._tree, lambda leaf: tensors[leaf] if isinstance(leaf, _Number) else leaf)

    def equals(self, other: Layout) -> bool:
        """Whether both layouts make the same result from the same tensors."""
        return repr(self._tree) == repr(other._tree)


class _Number(int):
    def __repr__(self) -> str:
        return f"tensor {int(self)}"


def flatten(result: Any) -> tuple[Layout, list[Tensor]]:
    """The layout and the tensors of a result. Raises TypeError for an object that a replay could not make."""
    tensors: list[Tensor] = []

    def take(leaf: Any) -> Any:
        if isinstance(leaf, Tensor):
            tensors.append(leaf)
            return _Number(len(tensors) - 1)
        if leaf is None or isinstance(leaf, (bool, int, float, str)):
            return leaf
        raise TypeError(
            f"compile: the step returns a {type(leaf).__name__}; return tensors, numbers, or tuples, lists "
            "and dicts of them"
        )

    return Layout(_mapped(result, take)), tensors


def _mapped(tree: Any, function: Any) -> Any:
    if isinstance(tree, tuple) and hasattr(tree, "_make"):
        return tree._make(_mapped(item, function) for item in tree)
    if type(tree) in (tuple, list):
        return type(tree)(_mapped(item, function) for item in tree)
    if type(tree) is dict:
        return {key: _mapped(item, function) for key, item in tree.items()}
    return function(tree)
