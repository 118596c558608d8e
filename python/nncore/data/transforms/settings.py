"""Checks of the settings of transforms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nncore.errors import arguments

Pair = tuple[float, float]
LONGEST = 1 << 20  # pixels of a side


def sequence(where: str, name: str, values: Any, counts: tuple[int, ...]) -> Sequence[Any]:
    """The values if they are a sequence with one of these lengths."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise TypeError(f"{where}: {name} must be a number or a sequence, got {arguments.brief(values)}")
    if len(values) not in counts:
        wanted = " or ".join(map(str, counts))
        raise ValueError(f"{where}: {name} has {len(values)} values; expected {wanted}")
    return values


def numbers(where: str, name: str, values: Any, counts: tuple[int, ...]) -> tuple[float, ...]:
    """The finite numbers of a sequence with one of these lengths."""
    given = enumerate(sequence(where, name, values, counts))
    return tuple(arguments.number(where, f"{name}[{i}]", value) for i, value in given)


def pixels(where: str, name: str, values: Any, counts: tuple[int, ...], least: int) -> list[int]:
    """Numbers of pixels of at least `least`, from an int or a sequence with one of these lengths."""
    given = (values,) if is_number(values) else sequence(where, name, values, counts)
    return [arguments.size(where, name, value, least, LONGEST) for value in given]


def is_number(value: Any) -> bool:
    return not isinstance(value, Sequence)


def probability(where: str, p: Any) -> float:
    return arguments.number(where, "p", p, 0, 1)


def sides(where: str, name: str, size: Any) -> tuple[int, int]:
    """(height, width) of at least 1 from an int or two; one int in a sequence is both."""
    found = pixels(where, name, size, (1, 2), 1)
    return found[0], found[-1]


def fill_value(where: str, fill: Any, name: str = "fill") -> float | tuple[float, ...]:
    """A number, or a tuple of one per channel."""
    if is_number(fill):
        return arguments.number(where, name, fill)
    return numbers(where, name, fill, (len(fill),) if len(fill) else (1,))


def interval(
    where: str,
    name: str,
    values: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: float = -math.inf,
) -> Pair:
    """Two numbers (least, most) with low <= least <= most <= high and least > above."""
    least, most = numbers(where, name, values, (2,))
    for i, value in enumerate((least, most)):
        arguments.number(where, f"{name}[{i}]", value, low, high, above=above)
    if least > most:
        raise ValueError(f"{where}: {name} is ({least:g}, {most:g}); expected the smaller number first")
    return least, most


def around_zero(where: str, name: str, value: Any) -> Pair:
    """(-a, a) from a number a of at least 0, or two numbers as they are."""
    if is_number(value):
        most = arguments.number(where, name, value, 0)
        return -most, most
    return interval(where, name, value)
