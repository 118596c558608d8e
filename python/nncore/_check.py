"""Checks of constructor arguments, with messages that name the layer and the argument."""

from __future__ import annotations

import operator
from numbers import Real

__all__ = ["number", "size"]


def size(layer: str, name: str, value: object, minimum: int = 0) -> int:
    """`value` as an int of at least `minimum`."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{layer}: {name} must be an int, got {value!r} ({type(value).__name__})")
    whole = operator.index(value)
    if whole < minimum:
        raise ValueError(f"{layer}: {name} must be at least {minimum}, got {whole}")
    return whole


def number(
    layer: str, name: str, value: object, low: float = float("-inf"), high: float = float("inf")
) -> float:
    """`value` as a float with low <= value <= high; NaN and infinity are refused."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{layer}: {name} must be a number, got {value!r} ({type(value).__name__})")
    real = float(value)
    if not (low <= real <= high and abs(real) != float("inf")):
        bounds = f"in [{low:g}, {high:g}]" if (low, high) != (float("-inf"), float("inf")) else "finite"
        raise ValueError(f"{layer}: {name} must be {bounds}, got {real!r}")
    return real
