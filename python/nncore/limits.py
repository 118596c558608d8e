"""Constants, and the limits of the dtypes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _core

if TYPE_CHECKING:
    from nncore import dtype

__all__ = ["e", "finfo", "iinfo", "inf", "nan", "newaxis", "pi"]

e, inf, nan, pi = math.e, math.inf, math.nan, math.pi
newaxis = None


class _Limits:
    """The limits of a dtype as attributes, which `repr` lists."""

    _shown: tuple[str, ...]

    def __repr__(self) -> str:
        numbers = [f"{name}={getattr(self, name):g}" for name in self._shown]
        return f"{type(self).__name__}({', '.join(numbers)}, dtype={self.dtype})"  # type: ignore[attr-defined]


class finfo(_Limits):
    """The limits of a floating-point dtype: bits, eps, max, min, tiny, smallest_normal, resolution, dtype.

    eps is the distance from 1 to the next number, and tiny the smallest number of full precision.

    Errors: TypeError for a dtype that is not floating-point.

    >>> nncore.finfo(nncore.float32).eps == 2**-23, nncore.finfo(nncore.float16).max
    (True, 65504.0)
    """

    _shown = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")

    def __init__(self, type: dtype | Any = _core.float32) -> None:
        kind = _dtype("finfo", type)
        if not kind.is_floating_point:
            raise TypeError(f"finfo: expected a floating-point dtype, got {kind}; iinfo describes integers")
        digits, exponent = {
            _core.float16: (10, 15),
            _core.bfloat16: (7, 127),
            _core.float32: (23, 127),
            _core.float64: (52, 1023),
        }[kind]
        self.bits = 8 * kind.itemsize
        self.dtype = repr(kind).removeprefix("nncore.")
        self.eps = 2.0**-digits
        self.max = (2 - self.eps) * 2.0**exponent
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (1 - exponent)
        self.resolution = 10.0 ** -math.floor(digits * math.log10(2))


class iinfo(_Limits):
    """The limits of an integer dtype: bits, max, min, dtype.

    Errors: TypeError for other dtypes.

    >>> nncore.iinfo(nncore.uint8).max, nncore.iinfo(int).bits
    (255, 64)
    """

    _shown = ("min", "max")

    def __init__(self, type: dtype | Any) -> None:
        kind = _dtype("iinfo", type)
        if kind.is_floating_point or kind == _core.bool:
            raise TypeError(f"iinfo: expected an integer dtype, got {kind}")
        self.bits = 8 * kind.itemsize
        self.dtype = repr(kind).removeprefix("nncore.")
        limits = np.iinfo(self.dtype)
        self.max, self.min = int(limits.max), int(limits.min)


def _dtype(where: str, given: object) -> dtype:
    found = _core.to_dtype(given)
    if found is None:
        raise TypeError(f"{where}: expected a dtype, got {given!r}")
    return found
