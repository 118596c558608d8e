"""Load a state dict; all keys and shapes are checked before a value changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import converted

__all__ = ["IncompatibleKeys", "as_tensor", "load"]


class IncompatibleKeys(NamedTuple):
    """The result of `Module.load_state_dict`: the missing and the unexpected keys."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def as_tensor(what: str, value: Any) -> Tensor:
    """A saved value as a tensor; arrays are converted by `nncore.tensor`."""
    if isinstance(value, Tensor):
        return value
    if hasattr(value, "__array__"):
        return _core.tensor(value.__array__())
    raise TypeError(f"{what}: expected a Tensor or an array, got {type(value).__name__}")


def load(
    model: str, targets: Mapping[str, Tensor], state_dict: Mapping[str, Any], strict: bool
) -> IncompatibleKeys:
    """Copy the values of `state_dict` into `targets` by dotted name; see `Module.load_state_dict`."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    missing = [name for name in targets if name not in state_dict]
    unexpected = [name for name in state_dict if name not in targets]
    errors = []
    if strict and unexpected:
        errors.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}.")
    if strict and missing:
        errors.append(f"Missing key(s) in state_dict: {_quoted(missing)}.")
    values = {}
    for name, target in targets.items():
        if name in state_dict:
            value = as_tensor(f'load_state_dict: "{name}"', state_dict[name])
            values[name] = value
            if value.shape != target.shape:
                errors.append(
                    f"size mismatch for {name}: "
                    f"the state_dict has shape {value.shape}, the current model {target.shape}."
                )
    if errors:
        raise ValueError("\n\t".join([f"Error(s) in loading state_dict for {model}:", *errors]))
    fitting = {
        name: converted("load_state_dict", f'"{name}"', value, targets[name].dtype)
        for name, value in values.items()
    }
    _core.assign_all_([(targets[name], value) for name, value in fitting.items()])
    return IncompatibleKeys(missing, unexpected)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
