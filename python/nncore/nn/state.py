"""Make and load state dicts; all keys and shapes are checked before a value changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import converted

from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

__all__ = ["IncompatibleKeys", "collect", "load"]

EXTRA = "_extra_state"  # the key of the value of get_extra_state


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


def collect(module: Module, result: dict[str, Any], prefix: str, keep_vars: bool) -> dict[str, Any]:
    """Add the saved values of a module and its descendants to `result`; see `Module.state_dict`."""
    for hook, _ in tuple(module._hooks.state_pre.values()):
        hook(module, prefix, keep_vars)
    for name, value in _saved(module):
        result[prefix + name] = value if keep_vars else value.detach()
    if _overrides(module, "get_extra_state"):
        result[prefix + EXTRA] = module.get_extra_state()
    for name, child in module._of_kind("module"):
        child.state_dict(destination=result, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook, _ in tuple(module._hooks.state_post.values()):
        hook(module, result, prefix, {})
    return result


def _saved(module: Module) -> Iterator[tuple[str, Tensor]]:
    """The module's own parameters and then its persistent buffers, by name."""
    yield from module._of_kind("parameter")
    yield from ((name, value) for name, value in module._of_kind("buffer") if name not in module._transient)


def _overrides(module: Module, method: str) -> bool:
    from .module import Module

    return getattr(type(module), method) is not getattr(Module, method)


def load(module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool) -> IncompatibleKeys:
    """Copy the values of `state_dict` into a module and its descendants; see `Module.load_state_dict`."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    given = dict(state_dict)
    keys = IncompatibleKeys([], [])
    errors: list[str] = []
    named = module.named_modules(remove_duplicate=False)
    owners = [(f"{name}." if name else "", owner) for name, owner in named]
    for prefix, owner in owners:
        for hook, _ in tuple(owner._hooks.load_pre.values()):
            hook(owner, given, prefix, {}, strict, *keys, errors)
    full = {owner: owner._full_layer(_below(prefix, given)) for prefix, owner in owners}
    targets = {
        prefix + name: value for prefix, owner in owners for name, value in _saved(full[owner] or owner)
    }
    extras = {prefix + EXTRA: owner for prefix, owner in owners if _overrides(owner, "set_extra_state")}
    keys.missing_keys.extend(name for name in (*targets, *extras) if name not in given)
    keys.unexpected_keys.extend(name for name in given if name not in targets and name not in extras)
    values = {name: as_tensor(f'load_state_dict: "{name}"', given[name]) for name in targets if name in given}
    errors += _mismatches(values, targets)
    after = [(owner, hook) for _, owner in reversed(owners) for hook, _ in owner._hooks.load_post.values()]
    if not after:  # such hooks may change the keys
        errors = _key_errors(keys, strict) + errors
    _raise(module, errors)
    new = {name: _in_place_of(targets[name], value) for name, value in values.items()} if assign else {}
    if not assign:
        _copy(values, targets)
    for owner, layer in full.items():
        owner._become(layer)
    for prefix, owner in owners:
        for name in [name for name, _ in _saved(owner) if prefix + name in new]:
            owner._register(name, new[prefix + name], owner._registered[name])
    for name, owner in extras.items():
        if name in given:
            owner.set_extra_state(given[name])
    for owner, hook in after:
        hook(owner, keys)
    _raise(module, _key_errors(keys, strict))
    return keys


def _below(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values whose names start with `prefix`, by the rest of the name."""
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def _copy(values: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
    """Write the values into the targets of the same names, after all conversions."""
    fitting = {
        name: converted("load_state_dict", f'"{name}"', value, targets[name].dtype)
        for name, value in values.items()
    }
    _core.assign_all_([(targets[name], value) for name, value in fitting.items()])


def _in_place_of(old: Tensor, value: Tensor) -> Tensor:
    """`value` as a parameter or a buffer like `old`."""
    return Parameter(value.detach(), old.requires_grad) if isinstance(old, Parameter) else value.detach()


def _mismatches(values: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> list[str]:
    return [
        f"size mismatch for {name}: "
        f"the state_dict has shape {value.shape}, the current model {targets[name].shape}."
        for name, value in values.items()
        if value.shape != targets[name].shape
    ]


def _key_errors(keys: IncompatibleKeys, strict: bool) -> list[str]:
    named = (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys))
    return [f"{what} key(s) in state_dict: {_quoted(names)}." for what, names in named if strict and names]


def _raise(module: Module, errors: list[str]) -> None:
    if errors:
        raise ValueError(
            "\n\t".join([f"Error(s) in loading state_dict for {type(module).__name__}:", *errors])
        )


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
