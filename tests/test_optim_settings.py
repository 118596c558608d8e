"""Settings of a group that were removed or are invalid: the error names them, and no step is taken."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn
from nncore.optim import SGD, Adam, AdamW, Optimizer

OPTIMIZERS: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
    "SGD": (SGD, {}),
    "SGD with momentum": (SGD, {"momentum": 0.9}),
    "Adam": (Adam, {}),
    "AdamW with amsgrad": (AdamW, {"amsgrad": True}),
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


WRONG: list[Any] = ["a", None, [1.0, 2.0, 3.0], np.ones(2), {}, 1j]


@each
@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("value", WRONG, ids=lambda value: type(value).__name__)
def test_a_number_of_the_wrong_type(
    kind: type[Optimizer], settings: dict[str, Any], steps: int, value: Any
) -> None:
    optimizer, param = ready(kind, settings, steps)
    group, before = optimizer.param_groups[0], param.tolist()
    numbers = {"lr": "lr|learning rate", "momentum": "momentum", "eps": "eps", "weight_decay": "weight_decay"}
    numbers |= {"dampening": "dampening", "betas": "betas|beta"}
    for name in numbers.keys() & group.keys():
        good, group[name] = group[name], value
        with pytest.raises((TypeError, ValueError), match=numbers[name]):
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
    for name in optimizer.param_groups[0].keys() & {"maximize", "nesterov", "amsgrad"}:
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


def test_an_interrupt_while_settings_are_read_stays_one() -> None:
    for name in ("maximize", "weight_decay"):
        optimizer, _ = ready(SGD, {}, 1)
        optimizer.param_groups[0][name] = Interrupting()
        with pytest.raises(KeyboardInterrupt):
            optimizer.step()


def test_settings_changed_while_they_are_read() -> None:
    group: dict[str, Any] = {"a": 1.0, "b": (1.0, 2.0)}

    class Growing(float):
        def __float__(self) -> float:
            group["b"] = tuple(range(10_000))
            return 3.0

    def check(values: dict[str, Any]) -> None:
        if checks:
            values["b"] = [float(i) for i in range(10_000)]

    checks = False
    settings = _core.Settings(group, ["a", "b"], [], check)
    checks = True
    group["a"] = 2.0
    settings.refresh()  # the check adds more numbers than fit
    with pytest.raises(ValueError, match="are 10001 numbers; expected 3"):
        settings.refresh()
    checks, group["a"] = False, Growing(1.0)
    with contextlib.suppress(ValueError):
        settings.refresh()


@pytest.mark.parametrize(("keys", "flags"), [([], []), (["a"], ["a"] * 3), (["a"] * 5, ["a"])])
def test_settings_of_another_kind_of_optimizer(keys: list[Any], flags: list[Any]) -> None:
    p, settings = nncore.ones(2), _core.Settings({"a": 1.0}, keys, flags, lambda group: None)
    with pytest.raises(ValueError, match="this optimizer needs 5 and 3"):
        _core.sgd_([([p], [p], [], settings)], [])
    with pytest.raises(ValueError, match="this optimizer needs 5 and 2"):
        _core.adam_([([p], [p], [p], [p], [], [nncore.ones(())], settings)], [], False)
