"""`map_location` of `load`: the device for values that were saved on a device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nncore._core import device
from nncore.errors import CheckpointError
from nncore.errors.arguments import brief

__all__ = ["check", "check_device"]


class _Storage:
    """Stands for values in the memory of the CPU; a function as `map_location` gets and returns it."""

    def cpu(self) -> _Storage:
        return self

    def cuda(self, device: object = None) -> _Storage:
        raise CheckpointError(
            "map_location calls cuda(), but this build has no CUDA device; return the storage"
        )


def check(map_location: Any) -> None:
    """Raise TypeError or ValueError unless `map_location` is None, the CPU, a dict or a function."""
    if map_location is None or isinstance(map_location, Mapping) or callable(map_location):
        return
    if not isinstance(map_location, (str, device)):
        raise TypeError(
            f"load: map_location is a {type(map_location).__name__}; expected a device, a dict or a function"
        )
    if str(map_location) != "cpu":
        raise ValueError(
            f"load: map_location is {brief(str(map_location))}; expected 'cpu', the only device of this build"
        )


def check_device(map_location: Any, saved: str) -> None:
    """Raise CheckpointError unless `map_location` sends values of the device `saved` to the CPU."""
    target = _target(map_location, saved)
    if target == saved != "cpu":
        raise CheckpointError(
            f"it contains tensors on the device {saved!r}, which is not available; pass map_location='cpu'"
        )
    if target != "cpu":
        raise CheckpointError(f"map_location sends {saved!r} to {brief(target)}; expected 'cpu'")


def _target(map_location: Any, saved: str) -> str:
    if isinstance(map_location, Mapping):
        return str(map_location.get(saved, saved))
    if callable(map_location):
        storage = _Storage()
        target = map_location(storage, saved)
        return saved if target is None else "cpu" if target is storage else str(target)
    return saved if map_location is None else "cpu"
