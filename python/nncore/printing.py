"""How tensors are printed."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from nncore.errors import arguments

__all__ = ["set_printoptions"]

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
_options: dict[str, Any] = {"precision": 4}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed; None leaves a setting as it is.

    precision: digits after the point. threshold: the size from which tensors are abbreviated, to `edgeitems`
    at both ends of each axis. profile: 'default', 'short' or 'full'. sci_mode: whether numbers are printed as
    2.5e+01; by default if their sizes differ much. Errors: ValueError for an unknown profile or a negative
    number; TypeError for a value of another type. They change nothing.
    Source: PyTorch's `torch.set_printoptions`.

    >>> nncore.set_printoptions(precision=2)
    >>> nncore.tensor([1 / 3])
    tensor([0.33])
    >>> nncore.set_printoptions(profile="default")
    """
    given: dict[str, Any] = {
        name: arguments.size("set_printoptions", name, value)
        for name, value in (("precision", precision), ("edgeitems", edgeitems), ("linewidth", linewidth))
        if value is not None
    }
    if threshold is not None:
        given["threshold"] = arguments.real("set_printoptions", "threshold", threshold)
    if profile is not None:
        if profile not in list(PROFILES):
            raise ValueError(
                f"set_printoptions: profile is {profile!r}; expected 'default', 'short' or 'full'"
            )
        _options.clear()
        _options.update(PROFILES[profile])
    _options.update(given)
    if sci_mode is not None:
        _options["sci_mode"] = sci_mode


def array_text(array: np.ndarray[Any, Any]) -> str:
    """The elements as text, without "tensor(" and ")"."""
    options = dict(_options)
    if "threshold" in options:
        options["threshold"] = min(options["threshold"], sys.maxsize)
    sci_mode = options.pop("sci_mode", None)
    if sci_mode:
        digits = options["precision"]
        options["formatter"] = {"float_kind": lambda value: f"{value:.{digits}e}"}
    elif sci_mode is False:
        options["suppress_small"] = True
    if "linewidth" in options:
        options["max_line_width"] = options.pop("linewidth")
    return np.array2string(array, separator=", ", prefix="tensor(", **options)
