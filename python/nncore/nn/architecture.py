"""The architecture of a module as data: the names of classes and the arguments of their constructors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nncore import _core

__all__ = ["Remembered", "build", "describe", "is_data", "registry", "settings"]

PACKAGES = ("nncore.nn.", "nncore.models.")
DATA = (int, float, str, type(None), type, _core.dtype, _core.device, np.generic)


def is_data(value: Any) -> bool:
    """Whether a value is a number, string, class, dtype, device or None, or a container of those."""
    if isinstance(value, (tuple, list)):
        return all(map(is_data, value))
    return all(map(is_data, value.values())) if isinstance(value, dict) else isinstance(value, DATA)


class Remembered:
    """Base of `Module`: nncore's own modules remember the arguments that they were made with.

    Arguments that contain tensors or modules are not remembered, because that would keep them alive.
    """

    _made_with: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        module = super().__new__(cls)
        if cls.__module__.startswith(PACKAGES) and is_data(args) and is_data(kwargs):
            vars(module)["_made_with"] = args, kwargs
        return module


def describe(module: Any, name: str = "") -> dict[str, Any]:
    """Class name and arguments of a module, or class name and children of a Sequential.

    Errors: TypeError that names the first module without such a description.
    """
    kind = type(module)
    label = f"{name or 'the model'} ({kind.__name__})"
    if registry().get(kind.__name__) is not kind:
        raise TypeError(f"{label} is not of a class of nncore")
    if kind.__name__ == "Sequential":
        children = module._of_kind("module")
        parts = {key: describe(part, f"{name}.{key}".lstrip(".")) for key, part in children}
        return {"class": "Sequential", "children": parts}
    if module._made_with is None:
        raise TypeError(f"{label} was made with tensors, modules or functions")
    args, kwargs = module._made_with
    return {"class": kind.__name__, "args": _encoded(args), "kwargs": _encoded(kwargs)}


def build(data: Any) -> Any:
    """A new module for the result of `describe`. Errors: TypeError, ValueError and LookupError."""
    kind = _class(data["class"])
    if "children" in data:
        return kind({name: build(part) for name, part in data["children"].items()})
    return kind(*_decoded(data["args"]), **_decoded(data["kwargs"]))


def settings(module: Any) -> list[Any]:
    """The class and the plain attributes of each module in `module`, to compare two models."""
    ignored = ("training", "_made_with", "_plain")
    return [
        (name, type(part), {k: v for k, v in vars(part).items() if k not in ignored and is_data(v)})
        for name, part in module.named_modules(remove_duplicate=False)
    ]


def registry() -> dict[str, type[Any]]:
    """The classes of `nncore.nn` and `nncore.models` by name."""
    import nncore.models  # noqa: F401  # defines classes
    from nncore.nn.module import Module

    def below(kind: type[Any]) -> Iterator[type[Any]]:
        for other in kind.__subclasses__():
            yield other
            yield from below(other)

    return {kind.__name__: kind for kind in below(Module) if kind.__module__.startswith(PACKAGES)}


def _class(name: Any) -> type[Any]:
    if not isinstance(name, str) or name not in (known := registry()):
        raise ValueError(f"{name!r} is not the name of a class of nncore")
    return known[name]


def _encoded(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(map(_encoded, value))
    if isinstance(value, dict):
        return {"dict": {key: _encoded(item) for key, item in value.items()}}
    if isinstance(value, type):
        name = value.__name__
        if registry().get(name) is not value:
            raise TypeError(f"an argument is the class {name}, which is not a class of nncore")
        return {"class": name}
    if isinstance(value, _core.dtype):
        return {"dtype": str(value).removeprefix("nncore.")}
    return str(value) if isinstance(value, _core.device) else value


def _decoded(data: Any) -> Any:
    if isinstance(data, (tuple, list)):
        return type(data)(map(_decoded, data))
    if not isinstance(data, dict):
        return data
    ((kind, value),) = data.items()
    if kind == "class":
        return _class(value)
    if kind == "dict":
        return {key: _decoded(item) for key, item in value.items()}
    dtypes = {str(known): known for known in vars(_core).values() if isinstance(known, _core.dtype)}
    return dtypes[f"nncore.{value}"]
