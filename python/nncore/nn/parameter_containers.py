"""Modules that contain parameters in a list or by name."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from nncore._core import Tensor
from nncore.errors.arguments import brief

from .module import Module
from .parameter import Parameter

__all__ = ["ParameterDict", "ParameterList"]


class _Parameters(Module):
    """Base: parameters registered under their keys."""

    def _names(self) -> list[str]:
        return [name for name, kind in self._registered.items() if kind == "parameter"]

    def _put(self, name: str, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{type(self).__name__}: {name!r} is {brief(value)} ({type(value).__name__}); expected a "
                "Parameter or a Tensor"
            )
        self.register_parameter(name, value if isinstance(value, Parameter) else Parameter(value))

    def __len__(self) -> int:
        return len(self._names())

    def extra_repr(self) -> str:
        sizes = {name: "x".join(map(str, vars(self)[name].shape)) for name in self._names()}
        return "\n".join(
            f"({name}): Parameter containing: [{vars(self)[name].dtype} of size {size}]"
            for name, size in sizes.items()
        )


class ParameterList(_Parameters):
    """Parameters in a list; tensors become Parameters that share their memory.

    Errors: TypeError for other values; IndexError. Source: PyTorch's `torch.nn.ParameterList`.

    >>> weights = nn.ParameterList([nncore.ones(2, 3), nncore.zeros(3)])
    >>> [name for name, _ in weights.named_parameters()], weights[-1].shape
    (['0', '1'], (3,))
    """

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        super().__init__()
        self.extend(values or ())

    def _position(self, index: int) -> int:
        position, count = operator.index(index), len(self)
        if not -count <= position < count:
            raise IndexError(f"ParameterList: index {position} is out of range for {count} parameters")
        return position % count

    @overload
    def __getitem__(self, idx: int) -> Any: ...
    @overload
    def __getitem__(self, idx: slice) -> ParameterList: ...
    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return ParameterList(list(self)[idx])
        return vars(self)[str(self._position(idx))]

    def __setitem__(self, idx: int, param: Tensor) -> None:
        self._put(str(self._position(idx)), param)

    def __iter__(self) -> Iterator[Any]:
        return (vars(self)[name] for name in self._names())

    def __iadd__(self, parameters: Iterable[Tensor]) -> ParameterList:
        return self.extend(parameters)

    def append(self, value: Tensor) -> ParameterList:
        """Add a parameter at the end."""
        self._put(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Tensor]) -> ParameterList:
        """Add parameters at the end."""
        if isinstance(values, Tensor) or not isinstance(values, Iterable):
            raise TypeError(
                f"ParameterList.extend: values is a {type(values).__name__}; expected an iterable of tensors"
            )
        for value in list(values):
            self.append(value)
        return self


class ParameterDict(_Parameters):
    """Parameters by name; tensors become Parameters that share their memory.

    The order is that of insertion; `update` inserts a plain dict in the order of its sorted keys, as PyTorch.

    Errors: TypeError for other values and keys; KeyError. Source: PyTorch's `torch.nn.ParameterDict`.

    >>> weights = nn.ParameterDict({"b": nncore.zeros(3), "a": nncore.ones(2)})
    >>> list(weights), weights["a"].tolist()
    (['a', 'b'], [1.0, 1.0])
    """

    def __init__(self, parameters: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None) -> None:
        super().__init__()
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(f"ParameterDict: no parameter named {key!r}; it has {', '.join(self) or 'none'}")
        return vars(self)[key]

    def __setitem__(self, key: str, value: Tensor) -> None:
        self._put(key, value)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._names())

    def __contains__(self, key: object) -> bool:
        return key in self._names()

    def __or__(self, other: Mapping[str, Tensor]) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ior__(self, other: Mapping[str, Tensor]) -> ParameterDict:
        self.update(other)
        return self

    def keys(self) -> list[str]:
        """The names."""
        return self._names()

    def values(self) -> list[Any]:
        """The parameters."""
        return [vars(self)[name] for name in self._names()]

    def items(self) -> list[tuple[str, Any]]:
        """(name, parameter) pairs."""
        return [(name, vars(self)[name]) for name in self._names()]

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter named `key`, or `default`."""
        return vars(self)[key] if key in self else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter named `key`, which is set to `default` if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, parameters: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]]) -> None:
        """Add parameters from a mapping or from pairs; a parameter replaces one of the same name."""
        pairs: Iterable[Any] = parameters
        if isinstance(parameters, (OrderedDict, ParameterDict)):
            pairs = parameters.items()
        elif isinstance(parameters, Mapping):
            pairs = sorted(parameters.items())
        for name, value in pairs:
            self[name] = value

    def copy(self) -> ParameterDict:
        """A ParameterDict with the same parameters."""
        return ParameterDict(self.items())

    def pop(self, key: str) -> Any:
        """Remove the parameter named `key` and return it."""
        value = self[key]
        delattr(self, key)
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last parameter and return its name and the parameter."""
        if not len(self):
            raise KeyError("ParameterDict: popitem of an empty dict")
        name = self._names()[-1]
        return name, self.pop(name)

    def clear(self) -> None:
        """Remove all parameters."""
        for name in self._names():
            delattr(self, name)
