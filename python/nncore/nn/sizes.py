"""Sizes of windows: one number for all axes, or one per axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nncore.errors.arguments import size

__all__ = ["Sizes", "checked", "one_per_axis"]

Sizes = int | Sequence[int]


def checked(where: str, name: str, value: object, axes: int, minimum: int = 1) -> int | tuple[int, ...]:
    """An int, or one per axis; errors name them."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return size(where, name, value, minimum)
    if len(value) not in (1, axes):
        raise ValueError(f"{where}: {name} has {len(value)} numbers; expected an int or {axes} of them")
    return tuple(size(where, name, each, minimum) for each in value)


def one_per_axis(value: Any, axes: int) -> Any:
    """As a tuple with one number per axis."""
    several = tuple(value) if isinstance(value, Sequence) else (value,)
    return several * axes if len(several) == 1 else several
