"""Optimizer: groups of parameters with their settings, and the state of each parameter."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, cast

from nncore import _core
from nncore._core import Tensor
from nncore.errors import arguments
from nncore.grad_mode import enable_grad

from .group import FORMULAS, Formula, Group, Groups, Layout, StateKind, Watched, is_flag

__all__ = ["Closure", "Optimizer", "ParamsT"]

ParamsT = Iterable[Tensor | dict[str, Any] | tuple[str, Tensor]]
Closure = Callable[[], Any]
Batch = tuple[Group, list[Tensor], list[Tensor]]  # a group, its parameters with a gradient, the gradients
Additions = list[tuple[dict[Any, Any], dict[Any, Any]]]  # pairs of a dict and what a step adds to it


class Values(Watched):
    """The state of one parameter. Replacing or removing an entry invalidates captured steps."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if key in self:
            _core.structure_changed()
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        _core.structure_changed()
        super().__delitem__(key)


class State(Values, defaultdict[Any, Any]):
    """The state of an optimizer: for each parameter a dict."""

    def __init__(self, factory: Any = None, *args: Any, **values: Any) -> None:
        super().__init__(factory)
        self.update(*args, **values)

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        both = self.copy()
        both.update(other)
        return both

    def __setitem__(self, param: Tensor, values: Mapping[str, Any]) -> None:
        super().__setitem__(param, values if isinstance(values, Values) else Values(values))


class Optimizer:
    """Base of all optimizers; a subclass calls `__init__` with its `defaults` and overrides `step`.

    Instead of `step` it may override `_update`; it may override `_check` to reject settings.

    `params` are tensors, pairs of a name and a tensor (`named_parameters()`), or dicts, each with "params"
    and the settings that differ from `defaults` in that group.

    Errors: TypeError for anything but leaf tensors; ValueError if there are no parameters, for a parameter
    given twice, and for settings out of range, also of a single group.
    Source: PyTorch's `torch.optim.Optimizer`, with the same groups, states and layout of the state dict.
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, str)) or not isinstance(params, Iterable):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{type(params).__name__}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = State(Values)
        self.param_groups: list[Any] = []
        groups = arguments.listed("optimizer", "params", params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    _formula: ClassVar[str] = ""  # the optimizer of the core that updates; "" for a rule in Python

    def _check(self, group: dict[str, Any]) -> None:
        """Override this to raise ValueError for a setting out of range; such a group is not added."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "param_groups":
            value = self._groups(value)
        elif name == "state":
            _core.structure_changed()
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "param_groups": [dict(group) for group in self.param_groups]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.param_groups = state["param_groups"]

    def _groups(self, groups: Iterable[dict[str, Any]]) -> Groups:
        """The groups as dicts whose settings kernels read."""
        own = weakref.ref(self)  # the groups must not keep the optimizer alive

        def check(group: dict[str, Any]) -> None:
            if (optimizer := own()) is not None:
                optimizer._check(group)

        return Groups(partial(Group, formula=FORMULAS.get(self._formula), check=check), groups)

    def _check_complete(self, group: dict[str, Any]) -> None:
        """Raise KeyError for a setting that was removed from a group."""
        if "params" not in group or not group.keys() >= self.defaults.keys():
            missing = ", ".join(repr(name) for name in ("params", *self.defaults) if name not in group)
            raise KeyError(
                f"optimizer: the parameter group has no {missing}; put it back, or make a new optimizer"
            )
        _params_of(group)

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        """Perform one step for the parameters of `group` that have a gradient."""
        raise NotImplementedError

    def _update_all(self, batches: list[Batch]) -> None:
        """Perform one step for all groups; override this if an error in one group must not change others."""
        formula = FORMULAS.get(self._formula)
        if formula is None:
            for batch in batches:
                self._update(*batch)
            return
        ready, new = [], Additions()
        for group, params, grads in batches:
            layout = group.ready()
            first = self._first(layout, params) if layout.first_differs else []
            states = self._states(formula, group, params, new) if any(layout.states) else []
            lists = [[state.get(kind.name) for state in states] if kind else [] for kind in layout.states]
            steps = [state["step"] for state in states] if formula.counts_steps else []
            ready.append((params, grads, lists, steps, first, group.settings, layout.fixed))
        try:
            _core.optimize(formula.index, ready, new)
        except TypeError:
            self._check_states(params for _, params, _ in batches)
            raise

    def _check_states(self, groups: Iterable[list[Tensor]]) -> None:
        """Raise TypeError for a state that is not a tensor, because user code replaced it."""
        for param in (param for params in groups for param in params):
            for name, value in self.state.get(param, {}).items():
                if not isinstance(value, Tensor):
                    raise TypeError(
                        f"optimizer: state {name!r} of a parameter of shape {param.shape} must be a tensor, "
                        f"got {arguments.brief(value)} ({type(value).__name__})"
                    )

    def _first(self, layout: Layout, params: list[Tensor]) -> list[bool]:
        """For each parameter: whether it has no complete state yet."""
        return [not layout.names <= self.state.get(param, {}).keys() for param in params]

    def _states(
        self, formula: Formula, group: Group, params: list[Tensor], new: Additions
    ) -> list[dict[str, Any]]:
        """The state of each parameter. States made here are added to `new`.

        The step adds them to the optimizer's state once no error can occur.
        """
        layout = group.ready()
        names, kinds = layout.names, [kind for kind in layout.states if kind]
        states: list[dict[str, Any]] = []
        for param in params:
            if not formula.of_all:
                kinds = [kind for kind in layout.states if kind and formula.shape(kind, param) is not None]
                names = layout.names | {kind.name for kind in kinds}
            state: Any = self.state.get(param)
            if state is None or not names <= state.keys():
                whole = Values(state or {})
                with _core.once():  # replays find it made
                    if "step" in names and "step" not in whole:
                        whole["step"] = _core.tensor(0.0, dtype=_core.float32, device=param.device)
                    for kind in kinds:
                        if kind.name not in whole:
                            whole[kind.name] = _first_value(formula, kind, param, group, whole)
                new.append((self.state, {param: whole}) if state is None else (state, whole))
                state = whole
            states.append(state)
        return states

    def add_param_group(self, param_group: dict[str, Any]) -> None:
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
        params = [params] if isinstance(params, Tensor) else arguments.listed("optimizer", "params", params)
        params, names = _without_names(params)
        for param in params:
            if not isinstance(param, Tensor):
                is_lazy = type(param).__name__ == "UninitializedParameter"
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {type(param).__name__}"
                    + "; call the model on a batch before you make the optimizer" * is_lazy
                )
            if not param.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        if self.param_groups and ("param_names" in self.param_groups[0]) != bool(names):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if names else 'without'} names to the optimizer"
            )
        named = {"param_names": names} if names else {}
        (group,) = self._groups([{**self.defaults, **param_group, "params": params, **named}])
        if self._formula:
            _check_options(type(self).__name__, group)
        group.ready()
        taken = {id(param) for other in self.param_groups for param in other["params"]}
        if len({id(param) for param in params}) < len(params) or any(id(param) in taken for param in params):
            raise ValueError("some parameters appear in more than one parameter group or twice in one")
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or with `set_to_none=False` fill them with zeros."""
        for group in self.param_groups:
            for param in _params_of(group):
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    _core.assign_(param.grad, 0.0)

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient; `closure`, if given, computes the loss to return.

        An error (settings out of range, a parameter in read-only memory, no memory for the state) changes
        nothing.
        """
        loss = None
        if closure is not None:
            if not callable(closure):
                raise TypeError(
                    f"{type(self).__name__}.step: closure must be a function that computes the loss, got "
                    f"{arguments.brief(closure)} ({type(closure).__name__})"
                )
            with enable_grad():
                loss = closure()
        batches = []
        for group in self.param_groups:
            self._check_complete(group)
        for group in self.param_groups:
            params, grads = [], []
            for param in group["params"]:
                if (grad := param.grad) is not None:
                    params.append(param)
                    grads.append(grad)
            if grads:
                batches.append((group, params, grads))
        if batches:
            self._update_all(batches)
        return loss

    def state_dict(self) -> dict[str, Any]:
        """{"state": {index: {...}}, "param_groups": [...]}; the index counts the parameters of all groups.

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
        """Take settings and copies of the state from `state_dict`. An error changes nothing.

        Errors: ValueError for other groups, another number of parameters, wrong shapes or settings out of
        range; KeyError if "state" or "param_groups" is missing; TypeError for something else than a dict.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        vars(self).update(self._loaded(state_dict))  # all at once
        _core.structure_changed()

    def _loaded(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes that `load_state_dict` replaces, or an error."""
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved)}, the optimizer has {len(self.param_groups)}"
            )
        groups: list[dict[str, Any]] = []
        by_index: dict[int, Tensor] = {}
        for old, new in zip(self.param_groups, saved, strict=True):
            if len(old["params"]) != len(new["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    f"optimizer's group: {len(new['params'])} parameters, expected {len(old['params'])}"
                )
            by_index.update(zip(new["params"], old["params"], strict=True))
            groups.append({**old, **new, "params": old["params"]})
        made = self._groups(groups)
        for group in made:
            group.ready()
        formula = FORMULAS.get(self._formula)
        state = State(Values)
        for index, values in state_dict["state"].items():
            if index not in by_index:
                raise ValueError(
                    f"loaded state dict holds state for parameter {index}, which is in none of its groups"
                )
            param = by_index[index]
            needed = formula.required(param) if formula else []
            if missing := [name for name in needed if values.get(name) is None]:
                raise ValueError(
                    f"loaded state dict: the state of parameter {index} has no {', '.join(missing)}; "
                    f"was it saved by another optimizer than {type(self).__name__}?"
                )
            state[param] = {
                name: self._restored(index, name, value, param)
                for name, value in values.items()
                if value is not None
            }
        return {"param_groups": made, "state": state}

    def _restored(self, index: int, name: str, value: Any, param: Tensor) -> Any:
        """A copy of one saved state value like the parameter, or a float32 number."""
        formula = FORMULAS.get(self._formula)
        kind = next((kind for kind in formula.states if kind.name == name), None) if formula else None
        if name == "step" or (kind and kind.number):
            number = arguments.real("loaded state dict", f"{name} of parameter {index}", value)
            return _core.tensor(number, dtype=_core.float32).to(param.device)
        if hasattr(value, "__array__") and not isinstance(value, Tensor):
            value = _core.tensor(value.__array__())
        if not isinstance(value, Tensor):
            return value
        shape = formula.shape(kind, param) if formula and kind else param.shape
        if value.shape != shape:
            raise ValueError(
                f"loaded state dict: {name} of parameter {index} has shape {value.shape}, the parameter "
                f"{'needs ' * (shape != param.shape)}{shape}; was it saved with another model?"
            )
        value = arguments.converted("loaded state dict", f"{name} of parameter {index}", value, param.dtype)
        return value.to(param.device).clone()

    def _all_params(self) -> Iterable[Tensor]:
        return (param for group in self.param_groups for param in _params_of(group))

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _check_options(name: str, group: dict[str, Any]) -> None:
    """Raise for PyTorch's choices of an implementation that exclude one another or that nncore lacks.

    `foreach`, `fused` and `capturable` have no effect: there is one implementation, which is all of these.
    """
    if is_flag("Invalid differentiable value", group.get("differentiable", False)):
        raise ValueError(
            f"{name}: differentiable must be False, because a step is not recorded for gradients; write the "
            "update with nncore's functions instead"
        )
    on = [key for key in ("fused", "foreach") if is_flag(f"Invalid {key} value", group.get(key))]
    if len(on) == 2:
        raise RuntimeError(f"{name}: `fused` and `foreach` cannot be `True` together.")


def _without_names(params: list[Any]) -> tuple[list[Any], list[str]]:
    """The parameters, and their names if they are pairs of a name and a parameter."""
    pairs = [param for param in params if isinstance(param, tuple)]
    if pairs and len(pairs) < len(params):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], str):
            raise TypeError(
                "optimizer: a named parameter must be a pair of a name and a Tensor, got "
                f"{arguments.brief(pair)}"
            )
    return ([param for _, param in pairs] if pairs else params), [name for name, _ in pairs]


def _params_of(group: dict[str, Any]) -> Collection[Tensor]:
    """The parameters of a group, which may have been replaced since the optimizer took it."""
    params = group["params"]
    if isinstance(params, (Tensor, str, bytes)) or not isinstance(params, Collection):
        raise TypeError(
            f"optimizer: 'params' of a parameter group must be a list of Tensors, got {type(params).__name__}"
        )
    for param in params:
        if not isinstance(param, Tensor):
            raise TypeError(
                f"optimizer can only optimize Tensors, but 'params' of a parameter group holds "
                f"{arguments.brief(param)} ({type(param).__name__})"
            )
    return params


def _first_value(
    formula: Formula, kind: StateKind, param: Tensor, group: Group, state: dict[str, Any]
) -> Tensor:
    """A state of a parameter before its first step."""
    if kind.copy_of is not None:
        return cast(Tensor, state[kind.copy_of]).clone()
    start = kind.start if kind.setting is None else float(group[kind.setting])
    dtype = _core.float32 if kind.number else param.dtype
    shape = formula.shape(kind, param) or ()
    return _core.full(shape, start, dtype=dtype, device=param.device)
