"""Modules that contain other modules."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from .conv import Conv1d, Conv2d, Conv3d
from .elementwise import fusible
from .linear import Linear
from .module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]

Self = TypeVar("Self", bound="_Numbered")

# Layers that apply the activation behind them themselves
_WITH_ACTIVATION = (Linear, Conv1d, Conv2d, Conv3d)


class _Numbered(Module):
    """Base: children in order, named "0", "1", ... unless Sequential was given names."""

    def _names(self) -> list[str]:
        return [name for name, kind in self._registered.items() if kind == "module"]

    def _items(self) -> list[Module]:
        return [vars(self)[name] for name in self._names()]

    def _position(self, index: int) -> int:
        position, count = operator.index(index), len(self)
        if not -count <= position < count:
            raise IndexError(f"{type(self).__name__}: index {position} is out of range for {count} modules")
        return position % count

    def _renumber(self, modules: Iterable[Module]) -> None:
        """Make `modules` the children, named by position."""
        modules = [_a_module(type(self).__name__, module) for module in modules]
        for i, module in enumerate(modules):
            self._refuse_cycle(str(i), module)
        for name in self._names():
            delattr(self, name)
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self: Self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._part(self._names()[index])
        return self._items()[self._position(index)]

    def _part(self: Self, names: list[str]) -> Self:
        return type(self)([vars(self)[name] for name in names])  # type: ignore[call-arg]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._names()[self._position(index)], _a_module(type(self).__name__, module))

    def __delitem__(self, index: int | slice) -> None:
        modules = self._items()
        del modules[index if isinstance(index, slice) else self._position(index)]
        self._renumber(modules)

    def append(self: Self, module: Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), _a_module(type(self).__name__, module))
        return self

    def extend(self: Self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self: Self, index: int, module: Module) -> Self:
        """Insert a module before the one at `index` and renumber the modules after it."""
        modules = self._items()
        modules.insert(max(-len(modules), min(operator.index(index), len(modules))), module)
        self._renumber(modules)
        return self

    def pop(self, index: int = -1) -> Any:
        """Remove the module at `index` and return it."""
        module = self[index]
        del self[index]
        return module


class Sequential(_Numbered):
    """A chain of modules: the output of each is the input of the next.

    Takes modules, or one mapping from names to modules. A Linear or a convolution and the activation
    without parameters that follows it run as one fused operation with the same result, unless one of them
    has hooks.

    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> model(nncore.zeros(5, 4)).shape
    (5, 2)
    >>> model[:2]
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    # The steps of forward: (module, None), or (layer, activation) fused. None: `_plan` must make them.
    _steps: list[tuple[Any, Any]] | None = None

    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            named: Iterable[tuple[str, Any]] = args[0].items()
        else:
            named = ((str(i), module) for i, module in enumerate(args))
        for name, module in named:
            self.add_module(name, _a_module("Sequential", module))

    def forward(self, input: Any) -> Any:
        for module, activation in self._steps or self._plan():
            if activation is None:
                input = module(input)
            elif module._plain and activation._plain:
                input = module._activated(input, activation.fused)
            else:
                input = activation(module(input))
        return input

    def _plan(self) -> list[tuple[Any, Any]]:
        steps: list[tuple[Any, Any]] = []
        for module in self:
            if steps and type(steps[-1][0]) in _WITH_ACTIVATION and steps[-1][1] is None and fusible(module):
                steps[-1] = (steps[-1][0], module)
            else:
                steps.append((module, None))
        vars(self)["_steps"] = steps
        return steps

    def _changed(self) -> None:
        vars(self).pop("_steps", None)

    def _part(self, names: list[str]) -> Sequential:
        return Sequential({name: vars(self)[name] for name in names})

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *other)


class ModuleList(_Numbered):
    """Modules in a list; it has no forward of its own.

    >>> layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    >>> len(list(layers.parameters()))
    6
    >>> layers
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def _child_lines(self) -> list[str]:
        """Consecutive modules with equal printed forms share one entry."""
        runs: list[tuple[int, int, str]] = []
        for i, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        return [f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}" for a, b, text in runs]


class ModuleDict(Module):
    """Modules by name, in the order of insertion; it has no forward of its own.

    >>> heads = nn.ModuleDict({"policy": nn.Linear(4, 2), "value": nn.Linear(4, 1)})
    >>> heads["value"](nncore.zeros(3, 4)).shape
    (3, 1)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(f"ModuleDict: no module named {key!r}; it has {', '.join(self) or 'none'}")
        return vars(self)[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, _a_module("ModuleDict", module))

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def keys(self) -> list[str]:
        """The names."""
        return [name for name, kind in self._registered.items() if kind == "module"]

    def values(self) -> list[Any]:
        """The modules."""
        return [vars(self)[name] for name in self.keys()]

    def items(self) -> list[tuple[str, Any]]:
        """(name, module) pairs."""
        return list(zip(self.keys(), self.values(), strict=True))

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules from a mapping or from pairs; a module replaces one of the same name."""
        for name, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[name] = module

    def pop(self, key: str) -> Any:
        """Remove the module named `key` and return it."""
        module = self[key]
        delattr(self, key)
        return module

    def clear(self) -> None:
        """Remove all modules."""
        for name in self.keys():
            delattr(self, name)


def _a_module(container: str, value: Any) -> Module:
    if not isinstance(value, Module):
        raise TypeError(f"{container}: {type(value).__name__} is not a Module")
    return value
