"""`nncore.summary`: its numbers, the inputs that it takes, and what it leaves unchanged."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import models, nn


class Reads(nn.Module):
    """Its path depends on values; `times` shows which attributes a pass changes."""

    times = 0
    seen: nncore.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", nncore.zeros(1))
        self.layer = nn.Linear(2, 2)

    def forward(self, x: nncore.Tensor) -> Any:
        self.times += 1
        self.seen = self.seen + 1
        x = x + nncore.rand(2)
        return {"pair": (self.layer(x), None)} if x.sum().item() > 0 else x


class Residual(nn.Module):
    """A tied layer that runs twice, a layer that does not run, and an addition of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.a = self.b = nn.Linear(4, 4)
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.a.weight
        self.unused = nn.Linear(4, 5).requires_grad_(False)

    def forward(self, x: nncore.Tensor, y: nncore.Tensor | None = None) -> nncore.Tensor:
        x = x if y is None else x * y
        result: nncore.Tensor = self.b(self.a(x)) + self.tied(x)
        return result


def test_numbers_of_a_residual_layer() -> None:
    found = nncore.summary(Residual(), (3, 4))
    rows = {layer.name: layer for layer in found.layers}
    product = 2 * 3 * 4 * 4
    assert list(rows) == ["", "a", "tied", "unused"]
    assert [row.shape for row in rows.values()] == [(3, 4), (3, 4), (3, 4), None]
    assert [row.parameters for row in rows.values()] == [0, 20, 0, 25]
    assert [row.bytes for row in rows.values()] == [48, 48, 48, 0]
    flops = {name: row.flops for name, row in rows.items()}
    assert flops == {"": 12, "a": 2 * product, "tied": product, "unused": 0}
    assert (found.parameters, found.trainable, found.flops) == (45, 20, 3 * product + 12)
    assert found.memory["parameters"] == 45 * 4
    assert found.memory["outputs"] == 3 * 48
    assert "parameters: 20 trainable, 25 frozen" in str(found)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (models.resnet20(), (2, 3, 32, 32)),
        (models.LeNet5(), (1, 1, 32, 32)),
        (nn.TransformerEncoderLayer(16, 2, 32), (3, 2, 16)),
        (nn.LSTM(3, 4), (3, 2, 3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_totals_are_those_of_the_model_and_of_explain(model: nn.Module, shape: tuple[int, ...]) -> None:
    found = nncore.summary(model, shape)
    assert found.parameters == sum(p.numel() for p in model.parameters())
    assert [layer.name for layer in found.layers] == [name for name, _ in model.named_modules()]
    with nncore.no_grad():
        model.eval()
        for module in model.modules():
            module.register_forward_hook(lambda *_: None)  # no fused layers, as in summary
        step = nncore.compile(model)
        for _ in range(4):
            step(nncore.zeros(shape))
    calls = step.explain().calls
    assert found.flops == sum(call["flops"] for call in calls) > 0


def test_the_table_shows_nested_names() -> None:
    model = nn.Sequential(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)), nn.Flatten(), nn.Linear(8, 2))
    text = str(nncore.summary(model, (5, 3, 3, 3)))
    assert text.splitlines()[0].split() == ["layer", "output", "parameters", "Mflop", "KiB"]
    for line in (
        "  0: Sequential     (5, 8, 1, 1)           0  0.000  0.0",
        "    0: Conv2d       (5, 8, 1, 1)         224  0.002  0.2",
        "  1: Flatten        (5, 8)                 0  0.000  0.0",
        "total                                    258  0.003  0.4",
    ):
        assert line in text, text
    assert str(model).startswith("Sequential(\n  (0): Sequential(\n")


X = np.ones((3, 4), np.float32)
INPUTS: dict[str, Any] = {
    "shape": (3, 4),
    "list": [3, 4],
    "tensor": nncore.ones(3, 4),
    "array": X,
    "two shapes": ((3, 4), (3, 4)),
    "tensor and shape": (nncore.ones(3, 4), [3, 4]),
    "by name": {"x": (3, 4), "y": X},
}


@pytest.mark.parametrize("value", INPUTS.values(), ids=INPUTS)
def test_inputs(value: Any) -> None:
    assert nncore.summary(Residual(), value).layers[0].shape == (3, 4)
    compiled: Any = nncore.compile(Residual().double())
    assert nncore.summary(compiled, (3, 4)).layers[0].bytes == 96


def test_the_model_stays_as_it_is() -> None:
    lazy = nn.LazyLinear(2)
    model = nn.Sequential(lazy, nn.BatchNorm1d(2), nn.Dropout(), Reads())
    model[1].eval()
    modes = [module.training for module in model.modules()]
    buffers = {name: value.tolist() for name, value in model.named_buffers()}
    state = nncore.get_rng_state().tolist()
    found = nncore.summary(model, (4, 3))
    assert found.layers[1].parameters == 8
    assert [module.training for module in model.modules()] == modes
    assert {name: value.tolist() for name, value in model.named_buffers()} == buffers
    assert nncore.get_rng_state().tolist() == state
    assert model[3].times == 0
    assert lazy.has_uninitialized_params()
    assert not any(module._hooks for module in model.modules())


def test_nested_outputs() -> None:
    assert nncore.summary(Reads(), nncore.ones(2)).layers[0].shape == {"pair": ((2,), None)}
    assert nncore.summary(nn.LSTM(3, 4), (5, 3)).layers[0].shape == ((5, 4), ((1, 4), (1, 4)))


class Odd(nn.Module):
    def forward(self, x: nncore.Tensor) -> object:
        x.numpy()
        return object()


def test_flops_are_unknown_without_a_capture() -> None:
    found = nncore.summary(Odd(), (2,))
    assert (found.flops, found.memory["peak"], found.layers[0].flops) == (None, None, None)
    assert " -  " in str(found).splitlines()[-3]
    assert "at one time" not in str(found)


REFUSED: list[tuple[Any, Any, type[Exception], str]] = [
    (nn.Linear, (1, 2), TypeError, "summary: model is the class Linear; expected an nncore.nn.Module"),
    (abs, (1, 2), TypeError, "summary: model is a builtin_function_or_method; expected an nncore.nn.Module"),
    (
        nn.Linear(2, 1),
        "3,2",
        TypeError,
        "summary: input contains the type str; expected tensors, arrays or shapes",
    ),
    (nn.Linear(2, 1), {"input": 3}, TypeError, "summary: input contains the type int; expected tensors"),
    (nn.Linear(2, 1), (-1, 2), ValueError, "summary: the shape (-1, 2) has a negative size"),
    (nn.Linear(2, 1), (4, 3), ValueError, "linear"),
]


@pytest.mark.parametrize(("model", "value", "error", "text"), REFUSED, ids=[row[3][:50] for row in REFUSED])
def test_what_summary_refuses(model: Any, value: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=re.escape(text)):
        nncore.summary(model, value)
