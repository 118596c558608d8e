"""Checks of plain arguments, shared by the data and training functions."""

from __future__ import annotations

import operator
from typing import Any


def integer(where: str, name: str, value: Any) -> int:
    """The value as int; TypeError for floats, strings and bools."""
    if isinstance(value, bool):
        raise TypeError(f"{where}: {name} must be an integer, got {value!r}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{where}: {name} must be an integer, got {value!r}") from None


def positive_int(where: str, name: str, value: Any) -> int:
    """The value as int >= 1; ValueError below."""
    number = integer(where, name, value)
    if number < 1:
        raise ValueError(f"{where}: {name} must be at least 1, got {number}")
    return number


def not_negative_int(where: str, name: str, value: Any) -> int:
    """The value as int >= 0; ValueError below."""
    number = integer(where, name, value)
    if number < 0:
        raise ValueError(f"{where}: {name} must not be negative, got {number}")
    return number
