"""Optimizer: groups of parameters with their settings, and the state of each parameter."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any, ClassVar

from nncore import _core
from nncore._core import Tensor
from nncore._guards import Same

__all__ = ["Closure", "Optimizer", "ParamsT"]

Group = dict[str, Any]  # "params" and the settings
ParamsT = Iterable[Tensor | Group]
Closure = Callable[[], Any]


class State(defaultdict[Tensor, dict[str, Any]]):
    """What an optimizer keeps for each parameter; captured steps are told when some of it goes."""

    gone = 0  # how often

    def _goes(self) -> None:
        self.gone += 1
        _core.structure_changed()

    def __setitem__(self, param: Tensor, values: dict[str, Any]) -> None:
        if param in self:
            self._goes()
        super().__setitem__(param, values)

    def __delitem__(self, param: Tensor) -> None:
        self._goes()
        super().__delitem__(param)

    def pop(self, *args: Any) -> Any:
        self._goes()
        return super().pop(*args)

    def popitem(self) -> tuple[Tensor, dict[str, Any]]:
        self._goes()
        return super().popitem()

    def clear(self) -> None:
        self._goes()
        super().clear()


class Optimizer:
    """Base of all optimizers; a subclass gives `defaults`, `_check` and `_update`.

    `params` are tensors or dicts, each with "params" and the settings in which that group differs from
    `defaults`.

    Errors: TypeError for what is no leaf tensor; ValueError for no parameters, for a parameter given twice
    and for settings out of range, also those of a single group.
    Source: PyTorch's `torch.optim.Optimizer`, whose groups, state and state-dict layout these are.
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, str)) or not isinstance(params, Iterable):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{type(params).__name__}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = State(dict)
        self.param_groups: list[Group] = []
        self._prepared: dict[Any, _core.Settings] = {}
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)  # type: ignore[arg-type]

    _needs: ClassVar[tuple[str, ...]] = ()  # what the state of a parameter holds once it has any

    def _check(self, group: Group) -> None:
        """Raise ValueError for a setting out of range."""
        raise NotImplementedError

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        """One step for the parameters of `group` that have a gradient."""
        raise NotImplementedError

    def _settings(self, group: Group, keys: list[str | float], flags: list[str]) -> _core.Settings:
        """The group's numbers as data that kernels read: a change reaches them before the next step."""
        name = (id(group), keys[-1])
        found = self._prepared.get(name)
        if found is None or found.group is not group:
            found = self._prepared[name] = _core.Settings(group, keys, flags, self._check)
        return found

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters with settings of their own, for example layers that are unfrozen later.

        >>> first, second = nn.Linear(2, 2), nn.Linear(2, 2)
        >>> optimizer = nncore.optim.SGD(first.parameters(), lr=0.1)
        >>> optimizer.add_param_group({"params": second.parameters(), "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        if "params" not in param_group:
            raise ValueError('param_group must have the key "params"')
        params = param_group["params"]
        if isinstance(params, (set, frozenset)):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but a set has no order"
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {type(param).__name__}"
                )
            if not param.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        group = {**self.defaults, **param_group, "params": params}
        self._check(group)
        taken = {id(param) for other in self.param_groups for param in other["params"]}
        if len({id(param) for param in params}) < len(params) or any(id(param) in taken for param in params):
            raise ValueError("some parameters appear in more than one parameter group or twice in one")
        self.param_groups.append(group)
        _core.structure_changed()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_prepared": {}}  # made again when needed

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or with `set_to_none=False` fill them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    _core.assign_(param.grad, 0.0)

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient; `closure`, if given, computes the loss to return."""
        loss = None
        if closure is not None:
            with _core.enable_grad():
                loss = closure()
        for group in self.param_groups:
            params, grads = [], []
            for param in group["params"]:
                if (grad := param.grad) is not None:
                    params.append(param)
                    grads.append(grad)
            if grads:
                self._update(group, params, grads)
        return loss

    def state_dict(self) -> dict[str, Any]:
        """{"state": {index: {...}}, "param_groups": [...]}; the index counts through all groups.

        The tensors share memory with the optimizer.

        >>> nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1).state_dict()["param_groups"][0]["params"]
        [0, 1]
        """
        index = {id(param): i for i, param in enumerate(self._all_params())}
        groups, start = [], 0
        for group in self.param_groups:
            count = len(group["params"])
            groups.append({**group, "params": list(range(start, start + count))})
            start += count
        state = {index[id(param)]: dict(values) for param, values in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take settings and copies of the state from `state_dict`. Nothing changes unless all fits.

        Errors: ValueError for other groups, another number of parameters, wrong shapes or settings out of
        range; KeyError if "state" or "param_groups" is missing.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved)}, the optimizer has {len(self.param_groups)}"
            )
        groups: list[Group] = []
        by_index: dict[int, Tensor] = {}
        for old, new in zip(self.param_groups, saved, strict=True):
            if len(old["params"]) != len(new["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    f"optimizer's group: {len(new['params'])} parameters, expected {len(old['params'])}"
                )
            by_index.update(zip(new["params"], old["params"], strict=True))
            groups.append({**old, **new, "params": old["params"]})
            self._check(groups[-1])
        state = State(dict)
        for index, values in state_dict["state"].items():
            if index not in by_index:
                raise ValueError(
                    f"loaded state dict holds state for parameter {index}, which is in none of its groups"
                )
            param = by_index[index]
            if missing := [name for name in self._needs if values.get(name) is None]:
                raise ValueError(
                    f"loaded state dict: the state of parameter {index} has no {', '.join(missing)}; "
                    f"was it saved by another optimizer than {type(self).__name__}?"
                )
            state[param] = {name: _restored(index, name, value, param) for name, value in values.items()}
        self.param_groups, self.state, self._prepared = groups, state, {}
        _core.structure_changed()

    def _fingerprint(self) -> Iterable[Any]:
        """What decides which calls a step makes, apart from settings: these are data."""
        things = (thing for group in self.param_groups for thing in (group, *group["params"]))
        gone = self.state.gone if isinstance(self.state, State) else 0
        return [Same(self.state), gone, *map(Same, things)]

    def _places(self) -> Iterable[tuple[Any, Any]]:
        """Where another list of parameters, or another state, may be put past all methods."""
        yield vars(self), "state"
        yield self.param_groups, ...
        for group in self.param_groups:
            yield group, "params"
            yield group["params"], ...

    def _reached(self) -> Iterable[tuple[str, Any]]:
        """Parameters, whose gradients may have hooks."""
        return (("param_groups", param) for param in self._all_params())

    def _all_params(self) -> Iterable[Tensor]:
        return (param for group in self.param_groups for param in group["params"])

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def in_range(name: str, value: Any, low: float = 0.0, below: float = math.inf) -> None:
    """Raise "Invalid `name`" unless low <= value < below; NaN and infinity never are."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"Invalid {name}: {value!r} is not a number")
    if not low <= float(value) < below:
        raise ValueError(f"Invalid {name}: {value}")


def _restored(index: int, name: str, value: Any, param: Tensor) -> Any:
    """A copy of one saved state value in the parameter's dtype; `step` is a float32 number."""
    if name == "step":
        return _core.tensor(float(value))
    if hasattr(value, "__array__") and not isinstance(value, Tensor):
        value = _core.tensor(value.__array__())
    if not isinstance(value, Tensor):
        return value
    if value.shape != param.shape:
        raise ValueError(
            f"loaded state dict: {name} of parameter {index} has shape {value.shape}, the parameter "
            f"{param.shape}; was it saved with another model?"
        )
    return value.detach().to(param.dtype).clone()
