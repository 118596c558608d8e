"""Checks of plain arguments, with messages that name the caller and the argument."""

from __future__ import annotations

import math
import operator
from numbers import Real

from nncore._core import Tensor

__all__ = ["number", "size", "tensors"]


def size(where: str, name: str, value: object, minimum: int = 0) -> int:
    """`value` as an int of at least `minimum`; TypeError for floats, strings and bools."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{where}: {name} must be an int, got {value!r} ({type(value).__name__})")
    whole = operator.index(value)
    if whole < minimum:
        raise ValueError(f"{where}: {name} must be at least {minimum}, got {whole}")
    return whole


def tensors(where: str, **given: object) -> None:
    """TypeError where one of the named arguments is no tensor."""
    for name, value in given.items():
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{where}: {name} is a {type(value).__name__}; expected a Tensor, nncore.tensor() makes one"
            )


def number(
    where: str,
    name: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: float = -math.inf,
) -> float:
    """`value` as a finite float with low <= value <= high and value > above."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{where}: {name} must be a number, got {value!r} ({type(value).__name__})")
    real = float(value)
    if not (math.isfinite(real) and low <= real <= high and real > above):
        bounds = [("finite", True), (f"at least {low:g}", low > -math.inf)]
        bounds += [(f"above {above:g}", above > -math.inf), (f"at most {high:g}", high < math.inf)]
        wanted = ", ".join(text for text, given in bounds if given)
        raise ValueError(f"{where}: {name} must be {wanted}, got {real!r}")
    return real
