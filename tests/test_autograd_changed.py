"""Values that change in place between forward and backward raise instead of giving wrong gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn, optim
from nncore.nn import functional as F

Change = Callable[[nn.Module], None]


def _step(model: nn.Module) -> None:
    for p in model.parameters():
        p.grad = nncore.ones(*p.shape)
    optim.SGD(model.parameters(), lr=0.1).step()


def _adam(model: nn.Module) -> None:
    for p in model.parameters():
        p.grad = nncore.ones(*p.shape)
    optim.Adam(model.parameters(), lr=0.1).step()


def _load(model: nn.Module) -> None:
    model.load_state_dict({k: v.numpy() + 1 for k, v in model.state_dict().items()})


def _init(model: nn.Module) -> None:
    for p in model.parameters():
        nn.init.constant_(p, 0.5)


MODELS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(4, 4),
    "activation between": lambda: nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)),
    "layer norm": lambda: nn.LayerNorm(4),
    "batch norm": lambda: nn.BatchNorm1d(4),
    "prelu": lambda: nn.PReLU(),
    "lstm": lambda: nn.LSTM(4, 4),
}


def _loss(model: nn.Module) -> nncore.Tensor:
    x = nncore.tensor(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32), requires_grad=True)
    y = model(x)
    loss: nncore.Tensor = (y[0] if isinstance(y, tuple) else y).square().sum()
    return loss


@pytest.mark.parametrize("change", [_step, _adam, _load, _init])
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_a_change_is_noticed(make: Callable[[], nn.Module], change: Change) -> None:
    model = make()
    loss = _loss(model)
    change(model)
    before = {k: v.numpy().copy() for k, v in model.state_dict().items()}
    with pytest.raises(
        RuntimeError, match=r"backward: \w+ needs a float32 tensor of shape .* modified in place"
    ):
        loss.backward()
    for k, v in model.state_dict().items():
        assert np.array_equal(before[k], v.numpy())
    _loss(model).backward()  # a new graph works


def test_values_that_backward_does_not_read_may_change() -> None:
    """A bias, and the weight of a first layer whose input needs no gradient: PyTorch allows these too."""
    layer = nn.Linear(4, 3)
    x = nncore.ones(2, 4)
    assert layer.bias is not None
    y = layer(x).sum() + (layer.weight + layer.bias.unsqueeze(1)).sum()
    _step(layer)
    layer.zero_grad()
    y.backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[3.0] * 4] * 3


def test_an_operand_of_a_product_needs_only_the_other() -> None:
    w, x = nn.Parameter(nncore.ones(3)), nncore.full((3,), 2.0)
    y = (w * x).sum()
    _core.assign_(w, 5.0)
    y.backward()
    assert w.grad is not None
    assert w.grad.tolist() == [2.0] * 3


def test_the_message_names_op_and_remedy() -> None:
    w = nn.Parameter(nncore.ones(2, 2))
    y = (w @ w).sum()
    _core.assign_(w, 2.0)
    with pytest.raises(
        RuntimeError, match=r"matmul needs .*\(2, 2\).*optimizer's step.*compute the loss again"
    ):
        y.backward()


def test_a_captured_step_counts_as_a_change() -> None:
    layer = nn.Linear(4, 4)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)

    @nncore.compile
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = F.mse_loss(layer(x), x)
        loss.backward()
        optimizer.step()
        return loss

    x = nncore.ones(2, 4)
    for _ in range(4):
        step(x)
    assert step.replays > 0
    loss = layer(nncore.tensor(x.numpy(), requires_grad=True)).sum()
    step(x)
    with pytest.raises(RuntimeError, match="modified in place"):
        loss.backward()


def test_detached_values_are_read_as_they_are_now() -> None:
    w = nn.Parameter(nncore.ones(3))
    seen = w.detach()
    _core.assign_(w, 2.0)
    assert (seen * 2).tolist() == [4.0] * 3
