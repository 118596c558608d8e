"""Formats that hold tensors by name: flat or nested dicts, whose keys are joined by dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.errors import CheckpointError
from nncore.files.position import MAX_DEPTH, position

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

__all__ = ["flat", "tensor"]


def flat(obj: Any, ending: str) -> dict[str, Tensor]:
    """The tensors of a nested dict by dotted name, arrays as tensors.

    Errors: TypeError that names the position of a value that is not a tensor, an array or a dict; ValueError
    for two values of one name.

    >>> sorted(flat({"layer": {"weight": np.ones(2)}, "step": np.zeros(1)}, ".npz"))
    ['layer.weight', 'step']
    """
    found: dict[str, Tensor] = {}

    def add(value: Any, keys: tuple[str, ...]) -> None:
        if isinstance(value, dict) and len(keys) < MAX_DEPTH:
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"save: obj{position(keys)} has the key {key!r}; expected strings")
                add(item, (*keys, key))
        elif keys and isinstance(value, (Tensor, np.ndarray)):
            if (name := ".".join(keys)) in found:
                raise ValueError(f"save: obj has two values of the name {name!r}")
            found[name] = value.detach() if isinstance(value, Tensor) else _of_array(value, keys)
        else:
            raise TypeError(
                f"save: obj{position(keys[:6])} is a {type(value).__qualname__}; a file that ends with "
                f"{ending} holds a dict of tensors and arrays; .nnz also holds lists, numbers and strings"
            )

    add(obj, ())
    return found


def _of_array(value: Array, keys: tuple[str, ...]) -> Tensor:
    try:
        return from_numpy(np.asarray(value, order="C"))
    except TypeError as error:
        raise TypeError(f"save: obj{position(keys)}: {error}") from None


def tensor(name: str, values: Array) -> Tensor:
    """An array of a file as a tensor."""
    try:
        return from_numpy(values)
    except TypeError as error:
        raise CheckpointError(f"array {name}: {error}") from None
