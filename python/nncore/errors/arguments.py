"""Checks of plain arguments, with messages that name the caller and the argument."""

from __future__ import annotations

import inspect
import math
import operator
import os
from collections.abc import Iterable, Iterator
from numbers import Real
from typing import Any

import numpy as np

from nncore import _core
from nncore._core import Tensor, device, dtype

__all__ = [
    "all_tensors",
    "brief",
    "converted",
    "listed",
    "number",
    "optional_tensors",
    "path_of",
    "real",
    "same_constant",
    "size",
    "tensors",
    "text",
]


def size(where: str, name: str, value: object, minimum: int = 0, maximum: int = 2**63 - 1) -> int:
    """`value` as an int in [minimum, maximum]; TypeError for floats, strings and bools."""
    try:
        whole = operator.index(None if isinstance(value, bool) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError):  # ValueError: a tensor of several numbers
        kind = type(value).__name__
        raise TypeError(f"{where}: {name} must be an int, got {brief(value)} ({kind})") from None
    if whole < minimum:
        raise ValueError(f"{where}: {name} must be at least {minimum}, got {whole}")
    if whole > maximum:
        raise ValueError(f"{where}: {name} must be at most {maximum}, got {brief(whole)}")
    return whole


def same_constant(a: object, b: object) -> bool:
    """Whether both are one object or the same plain value; NaN is NaN, and -0.0 is not 0.0."""
    if a is b or type(a) is not type(b):
        return a is b
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_constant, a, b))
    return isinstance(a, (bool, int, float, complex, str, bytes, np.generic, device)) and repr(a) == repr(b)


def tensors(where: str, **given: object) -> None:
    """Raise TypeError if one of the named arguments is not a tensor."""
    for name, value in given.items():
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{where}: {name} is a {type(value).__name__}; expected a Tensor, nncore.tensor() makes one"
            )


def all_tensors(where: str, name: str, values: Iterable[object]) -> None:
    """Raise TypeError if one of the values is not a tensor."""
    for i, value in enumerate(values):
        if not isinstance(value, Tensor):
            tensors(where, **{f"{name}[{i}]": value})


def converted(where: str, name: str, value: Tensor, dtype: dtype) -> Tensor:
    """`value` as dtype, detached; ValueError for a finite element that dtype cannot hold."""
    if value.dtype == dtype:
        return value.detach()
    try:
        return _core.tensor(value, dtype=dtype)
    except ValueError as error:
        raise ValueError(f"{where}: {name}{str(error).removeprefix('tensor')}") from None


def optional_tensors(where: str, **given: object) -> None:
    """Raise TypeError if one of the named arguments is neither a tensor nor None."""
    tensors(where, **{name: value for name, value in given.items() if value is not None})


def text(where: str, name: str, value: object) -> str:
    """`value` if it is a string, else TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{where}: {name} must be a str, got {brief(value)} ({type(value).__name__})")
    return value


def path_of(where: str, name: str, value: object) -> str:
    """The text of a path; TypeError for other objects."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{where}: {name} must be a path, got {brief(value)} ({type(value).__name__})")
    return text(where, name, os.fspath(value))


def listed(where: str, name: str, values: Iterable[Any]) -> list[Any]:
    """The values as a list; ValueError for an exhausted iterator."""
    if isinstance(values, (str, bytes, Tensor)) or not isinstance(values, Iterable):
        raise TypeError(f"{where}: {name} must be an iterable, got {type(values).__name__}")
    fresh = inspect.isgenerator(values) and inspect.getgeneratorstate(values) == inspect.GEN_CREATED
    found = list(values)
    if not found and not fresh and isinstance(values, Iterator):
        raise ValueError(f"{where}: {name} is an iterator that is exhausted; give a list or a new iterator")
    return found


def real(where: str, name: str, value: object) -> float:
    """`value`, a number or a tensor or array of one number, as a float that may be infinite or NaN."""
    one = value.numel() == 1 if isinstance(value, Tensor) else getattr(value, "ndim", None) == 0
    if one and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{where}: {name} must be a number, got {brief(value)} ({type(value).__name__})")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{where}: {name} must be finite, got {brief(value)}") from None


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
    found = real(where, name, value)
    if not (math.isfinite(found) and low <= found <= high and found > above):
        bounds = [("finite", True), (f"at least {low:g}", low > -math.inf)]
        bounds += [(f"above {above:g}", above > -math.inf), (f"at most {high:g}", high < math.inf)]
        wanted = ", ".join(text for text, given in bounds if given)
        raise ValueError(f"{where}: {name} must be {wanted}, got {found!r}")
    return found


def brief(value: object) -> str:
    """repr(value), shortened; an int may have more digits than Python can print."""
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an int of {value.bit_length()} bits"
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
