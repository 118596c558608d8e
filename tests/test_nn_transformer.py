"""The encoder of a transformer: PyTorch's state, the formula step by step, masks, modes and misuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.captured.step import CompiledStep
from nncore.nn import functional as F

F64 = nncore.float64


def layer(**settings: Any) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(
        8, 2, **{"dim_feedforward": 16, "dropout": 0.0, "dtype": F64, **settings}
    )


def test_state_is_pytorchs() -> None:
    shapes = {name: value.shape for name, value in layer().state_dict().items()}
    assert shapes == {
        "self_attn.in_proj_weight": (24, 8),
        "self_attn.in_proj_bias": (24,),
        "self_attn.out_proj.weight": (8, 8),
        "self_attn.out_proj.bias": (8,),
        "linear1.weight": (16, 8),
        "linear1.bias": (16,),
        "linear2.weight": (8, 16),
        "linear2.bias": (8,),
        "norm1.weight": (8,),
        "norm1.bias": (8,),
        "norm2.weight": (8,),
        "norm2.bias": (8,),
    }
    assert not [name for name in layer(bias=False).state_dict() if "bias" in name]
    encoder = nn.TransformerEncoder(layer(), 2, nn.LayerNorm(8))
    assert list(encoder.state_dict())[::12] == [
        "layers.0.self_attn.in_proj_weight",
        "layers.1.self_attn.in_proj_weight",
        "norm.weight",
    ]


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu", nncore.tanh])
def test_a_layer_is_its_formula(norm_first: bool, activation: Any, rng: np.random.Generator) -> None:
    block = layer(norm_first=norm_first, activation=activation, batch_first=True)
    x = nncore.tensor(rng.normal(size=(3, 5, 8)))
    f = activation if callable(activation) else getattr(F, activation)

    def attention(x: Any) -> Any:
        return block.self_attn(x, x, x)[0]

    def perceptron(x: Any) -> Any:
        return block.linear2(f(block.linear1(x)))

    if norm_first:
        y = x + attention(block.norm1(x))
        y = y + perceptron(block.norm2(y))
    else:
        y = block.norm1(x + attention(x))
        y = block.norm2(y + perceptron(y))
    np.testing.assert_allclose(block(x).detach().numpy(), y.detach().numpy(), atol=1e-13)


def test_layers_follow_one_another_and_masks_reach_them(rng: np.random.Generator) -> None:
    encoder = nn.TransformerEncoder(layer(), 2, nn.LayerNorm(8, dtype=F64))
    x = nncore.tensor(rng.normal(size=(5, 3, 8)))
    later = nncore.tensor(~np.tri(5, dtype=bool))
    padding = nncore.tensor(np.arange(5) >= np.array([[5], [4], [2]]))
    expected = x
    for block in encoder.layers:
        expected = block(expected, later, padding)
    np.testing.assert_array_equal(
        encoder(x, later, padding).detach().numpy(), encoder.norm(expected).detach().numpy()
    )
    causal = encoder(x, later, is_causal=True).detach().numpy()
    np.testing.assert_allclose(causal, encoder(x, later).detach().numpy(), atol=1e-13)
    first = encoder(x[:2], later[:2, :2]).detach().numpy()
    np.testing.assert_allclose(causal[:2], first, atol=1e-13)


def test_dropout_in_training_alone(rng: np.random.Generator) -> None:
    block = layer(dropout=0.5)
    x = nncore.tensor(rng.normal(size=(5, 3, 8)))
    assert block(x).tolist() != block(x).tolist()
    block.eval()
    assert block(x).tolist() == block(x).tolist()


def test_every_parameter_gets_a_gradient(rng: np.random.Generator) -> None:
    encoder = nn.TransformerEncoder(layer(dropout=0.1), 2)
    encoder(nncore.tensor(rng.normal(size=(5, 3, 8)))).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum().item() > 0 for p in encoder.parameters())


def train(compiled: bool) -> list[Any]:
    nncore.manual_seed(4)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.2), 2)
    optimizer = optim.Adam(encoder.parameters(), lr=0.01)

    def step(x: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        loss = F.mse_loss(encoder(x), x)
        loss.backward()
        optimizer.step()
        return loss

    run = nncore.compile(step) if compiled else step
    x = nncore.tensor(np.random.default_rng(1).normal(size=(5, 3, 8)).astype(np.float32))
    losses = [run(x).item() for _ in range(8)]
    if isinstance(run, CompiledStep):
        assert run.replays > 0
    return [losses, *(p.detach().numpy().copy() for p in encoder.parameters())]


def test_a_captured_step_draws_new_masks_and_agrees() -> None:
    eager, captured = train(False), train(True)
    assert len(set(eager[0])) == 8
    assert eager[0] == captured[0]
    for a, b in zip(eager[1:], captured[1:], strict=True):
        assert np.array_equal(a, b)


def test_misuse_is_named() -> None:
    with pytest.raises(ValueError, match="activation is 'swish'; expected 'relu', 'gelu'"):
        layer(activation="swish")
    with pytest.raises(ValueError, match="does not divide by num_heads 3"):
        nn.TransformerEncoderLayer(8, 3)
    with pytest.raises(ValueError, match="num_layers must be at least 0"):
        nn.TransformerEncoder(layer(), -1)
