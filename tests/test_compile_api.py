"""What `nncore.compile` accepts and returns: functions, modules, keywords of PyTorch, decorators."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

import nncore
from compile_twin import bits
from nncore import Tensor, nn
from nncore.captured.step import CompiledStep


def double(x: Tensor) -> Tensor:
    return x * 2


def test_compile_is_a_function_after_every_submodule_was_imported() -> None:
    program = """
import importlib, pkgutil, nncore
for module in pkgutil.walk_packages(nncore.__path__, "nncore."):
    if module.name.rpartition(".")[2] != "__main__":
        importlib.import_module(module.name)
assert nncore.compile(lambda x: x * 2)(nncore.ones(1)).item() == 2
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


@pytest.mark.parametrize(
    "name", [m.name for m in pkgutil.iter_modules(importlib.import_module("nncore.captured").__path__)]
)
def test_each_module_of_the_package_can_be_imported_first(name: str) -> None:
    subprocess.run([sys.executable, "-c", f"import nncore.captured.{name}"], check=True, timeout=60)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.5)
        self.scale = 2.0

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.drop(self.layer(x)) * self.scale
        return y


def test_a_compiled_module_is_still_the_module() -> None:
    net = Net()
    compiled: Any = nncore.compile(net)
    assert list(compiled.state_dict()) == list(net.state_dict()) == ["layer.weight", "layer.bias"]
    assert [name for name, _ in compiled.named_parameters()] == ["layer.weight", "layer.bias"]
    assert list(compiled.parameters()) == list(net.parameters())
    assert compiled.layer is net.layer
    assert compiled.eval() is compiled
    assert compiled.double() is compiled
    assert not net.training
    assert net.layer.weight.dtype == nncore.float64
    compiled.float()
    x = nncore.ones(2, 3)
    for scale in (2.0, 3.0):
        compiled.scale = scale
        for _ in range(4):
            assert bits(compiled(x)) == bits(net(x).detach())
    assert net.scale == 3.0
    assert compiled.replays > 0
    compiled.train()
    assert len({bits(compiled(x)) for _ in range(8)}) > 1
    compiled.load_state_dict({"layer.weight": nncore.zeros(2, 3), "layer.bias": nncore.zeros(2)})
    assert compiled(x).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(AttributeError, match="missing"):
        compiled.missing  # noqa: B018


def test_attributes_of_a_compiled_module_that_begin_with_an_underscore_are_the_modules() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self._factor = 1.0

        def forward(self, x: Tensor) -> Tensor:
            return x * self._factor

    model = Scaled()
    compiled: Any = nncore.compile(model)
    for factor in (1.0, 3.0):
        compiled._factor = factor
        assert [compiled(nncore.ones(1)).item() for _ in range(4)] == [factor] * 4
    assert model._factor == 3.0


def test_a_compiled_module_in_a_module_is_refused() -> None:
    model = nn.Module()
    with pytest.raises(TypeError, match="Module: part is a compiled module; assign the module"):
        model.part = nncore.compile(nn.Linear(2, 2))
    model.fast = nncore.compile(model)  # its parameters are the module's own


@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"mode": "max-autotune"},
        {"mode": "reduce-overhead", "fullgraph": True},
        {"backend": "inductor", "dynamic": False},
        {"mode": "default", "dynamic": None, "fullgraph": False},
        {"strict": True, "cache_size": 4},
    ],
)
def test_keywords(keywords: dict[str, Any]) -> None:
    for step in (nncore.compile(double, **keywords), nncore.compile(**keywords)(double)):
        assert isinstance(step, CompiledStep)
        assert [step(nncore.ones(1)).item() for _ in range(3)] == [2] * 3
        assert step.replays == 1


def test_a_disabled_compile_returns_the_function() -> None:
    assert nncore.compile(double, disable=True) is double
    assert nncore.compile(disable=True)(double) is double


@pytest.mark.parametrize(
    "keywords",
    [
        {"mode": "fastest"},
        {"backend": "eager"},
        {"backend": double},
        {"fullgraph": 1},
        {"dynamic": "yes"},
        {"options": {"trace": True}},
    ],
)
def test_keywords_without_a_meaning_are_refused(keywords: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="compile: of PyTorch's keywords"):
        nncore.compile(double, **keywords)


def test_a_decorator_with_keywords() -> None:
    @nncore.compile(strict=True)
    def step(x: Tensor) -> Tensor:
        """Twice x."""
        return x * 2

    assert step.__doc__ == "Twice x."
    assert step(nncore.ones(1)).item() == 2


def test_keywords_and_arrays_replay_too() -> None:
    step = nncore.compile(lambda x, *, scale, shift: x * scale + shift)
    for _ in range(3):
        assert step(nncore.ones(2).numpy(), shift=nncore.ones(2), scale=2.0).tolist() == [3, 3]
    assert (step.captures, step.replays) == (2, 1)
