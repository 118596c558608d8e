"""Settings of a group that were removed or are invalid: the error names them, and no step is taken."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn
from nncore.optim import SGD, Optimizer, Rprop
from optim_table import SETTINGS

OPTIMIZERS: dict[str, tuple[Any, dict[str, Any]]] = {
    f"{kind.__name__} {i}": (kind, settings) for i, (kind, settings) in enumerate(SETTINGS)
}
each = pytest.mark.parametrize(("kind", "settings"), OPTIMIZERS.values(), ids=OPTIMIZERS)


def ready(kind: type[Optimizer], settings: dict[str, Any], steps: int) -> tuple[Optimizer, nn.Parameter]:
    param = nn.Parameter(nncore.tensor([1.0, 2.0]))
    optimizer = kind([param], lr=0.5, **settings)  # type: ignore[call-arg]
    param.grad = nncore.tensor([1.0, -1.0])
    for _ in range(steps):
        optimizer.step()
    return optimizer, param


@each
@pytest.mark.parametrize("steps", [0, 2])
def test_a_setting_that_is_missing(kind: type[Optimizer], settings: dict[str, Any], steps: int) -> None:
    optimizer, param = ready(kind, settings, steps)
    group, before = optimizer.param_groups[0], param.tolist()
    for name in tuple(group):
        value = group.pop(name)
        with pytest.raises(KeyError, match=f"the parameter group has no '{name}'"):
            optimizer.step()
        assert param.tolist() == before
        group[name] = value
    optimizer.step()
    assert param.tolist() != before


FLAGS = {"maximize", "nesterov", "amsgrad", "centered", "decoupled_weight_decay"}
OPTIONS = {"foreach", "fused", "capturable", "differentiable"}  # not read
WRONG: list[Any] = ["a", None, [1.0, 2.0, 3.0], np.ones(2), {}, 1j]


@each
@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("value", WRONG, ids=lambda value: type(value).__name__)
def test_a_number_of_the_wrong_type(
    kind: type[Optimizer], settings: dict[str, Any], steps: int, value: Any
) -> None:
    optimizer, param = ready(kind, settings, steps)
    group, before = optimizer.param_groups[0], param.tolist()
    called = {"lr": "(?i)learning rate", "betas": "beta", "eps": "eps"}
    for name in group.keys() - {"params", *FLAGS, *OPTIONS}:
        good, group[name] = group[name], value
        with pytest.raises((TypeError, ValueError), match=called.get(name, name)):
            optimizer.step()
        assert param.tolist() == before
        group[name] = good


class Undecided:
    def __bool__(self) -> bool:
        raise TypeError("neither")

    def __repr__(self) -> str:
        return "Undecided()"


@each
@pytest.mark.parametrize(
    "value", [np.array([1, 2]), Undecided(), nncore.ones(3)], ids=["array", "object", "t"]
)
@pytest.mark.parametrize("steps", [0, 2])
def test_a_flag_that_is_neither_true_nor_false(
    kind: type[Optimizer], settings: dict[str, Any], value: Any, steps: int
) -> None:
    optimizer, param = ready(kind, settings, steps)
    before = param.tolist()
    for name in optimizer.param_groups[0].keys() & FLAGS:
        if name in inspect.signature(kind).parameters:
            with pytest.raises(ValueError, match=f"Invalid {name} value: .* is neither true nor false"):
                kind([param], **{**settings, name: value})
        good, optimizer.param_groups[0][name] = optimizer.param_groups[0][name], value
        with pytest.raises((TypeError, ValueError), match=name):
            optimizer.step()
        assert param.tolist() == before
        optimizer.param_groups[0][name] = good


class Interrupting:
    """A number, or a flag, whose conversion is interrupted."""

    def __float__(self) -> float:
        raise KeyboardInterrupt

    __bool__ = __float__


def test_an_interrupt_while_a_setting_is_read_stays_one() -> None:
    optimizer, _ = ready(SGD, {}, 1)
    with pytest.raises(KeyboardInterrupt):
        optimizer.param_groups[0]["maximize"] = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()


WRITES: dict[str, Callable[[Any], Any]] = {
    "assigned": lambda group: group.__setitem__("lr", 0.25),
    "update": lambda group: group.update(lr=0.25, weight_decay=0.0),
    "|=": lambda group: group.__ior__({"lr": 0.25}),
    "taken out and put back": lambda group: (group.pop("lr"), group.setdefault("lr", 0.25)),
    "emptied and filled": lambda group: (kept := {**group, "lr": 0.25}, group.clear(), group.update(kept)),
    "a tensor": lambda group: group.__setitem__("lr", nncore.tensor(0.25)),
    "a NumPy number": lambda group: group.__setitem__("lr", np.float64(0.25)),
    "an array": lambda group: group.__setitem__("lr", np.array(0.25)),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@each
def test_every_write_reaches_the_kernels_at_once(
    kind: type[Optimizer], settings: dict[str, Any], write: Callable[[Any], Any]
) -> None:
    if kind is not Rprop:
        settings = {**settings, "weight_decay": 0.0}
    first, param = ready(kind, settings, 1)
    second, other = ready(kind, settings, 1)
    write(first.param_groups[0])
    assert first.param_groups[0].settings.tolist()[0] == 0.25
    second.param_groups = [{**second.param_groups[0], "lr": 0.25}]
    for optimizer in (first, second):
        optimizer.step()
    assert param.tolist() == other.tolist()


def test_a_group_copies_and_pickles_as_a_dict() -> None:
    optimizer, _ = ready(SGD, {}, 1)
    group = optimizer.param_groups[0]
    assert isinstance(group, dict)
    copies = [copy.copy(group), group.copy(), group | {}, pickle.loads(pickle.dumps({**group, "params": []}))]
    assert [type(each) for each in copies] == [dict] * 4
    assert type(optimizer.state_dict()["param_groups"][0]) is dict


def test_a_copied_optimizer_has_settings_of_its_own() -> None:
    first, _ = ready(SGD, {}, 1)
    for second in (copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        second.param_groups[0]["lr"] = 0.0
        (param,) = second.param_groups[0]["params"]
        param.grad, before = nncore.ones(2), param.tolist()
        second.step()
        assert param.tolist() == before
        assert first.param_groups[0].settings.tolist()[0] == 0.5


def test_groups_that_are_put_into_the_list_are_watched() -> None:
    params = [nn.Parameter(nncore.ones(1)) for _ in range(3)]
    optimizer = SGD(params[:1], lr=0.5)
    for param in params[1:]:
        optimizer.param_groups.append({**optimizer.param_groups[0], "params": [param], "lr": 0.25})
    optimizer.param_groups[2] = {**optimizer.param_groups[2], "lr": 0.125}
    for param in params:
        param.grad = nncore.ones(1)
    optimizer.step()
    assert [param.item() for param in params] == [0.5, 0.75, 0.875]


def step_of(p: Any, states: Any = ((),), settings: Any = None) -> None:
    settings = nncore.zeros(6, dtype=nncore.float64) if settings is None else settings
    _core.optimize(0, [([p], [p], [list(state) for state in states], [], [], settings, [])], [])


BAD_CALLS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no such optimizer": (lambda p: _core.optimize(99, [], []), "optimizer 99 is out of range"),
    "settings": (
        lambda p: step_of(p, settings=nncore.ones(2)),
        "sgd: the settings must be 6 float64",
    ),
    "states": (lambda p: step_of(p, states=[]), "sgd: expected 1 states, got 0"),
    "shape": (lambda p: step_of(p, states=[[nncore.ones(3)]]), r"sgd: momentum_buffer\[0\] has shape \(3,\)"),
    "numbers": (lambda p: _core.set_settings(0, nncore.ones(6), [1.0]), "set_settings: expected 6 numbers"),
}


@pytest.mark.parametrize(("call", "message"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_the_core_refuses_what_does_not_fit(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(nncore.ones(2))
