"""Parametrized weights: values, keys, gradients, copies."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn.utils.parametrizations import spectral_norm, weight_norm


@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm_keeps_the_weight_and_its_gradient(dim: int | None, rng: np.random.Generator) -> None:
    layer = nn.Linear(4, 3, dtype=nncore.float64)
    assert layer.bias is not None
    before = layer.weight.detach().numpy().copy()
    weight_norm(layer, dim=dim)
    x = rng.normal(size=(5, 4))
    y = layer(nncore.tensor(x))
    np.testing.assert_allclose(
        y.detach().numpy(),
        x @ before.T + layer.bias.detach().numpy(),
        rtol=1e-13,
        atol=1e-15,
    )
    y.sum().backward()
    g, v = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
    assert g.shape == {0: (3, 1), 1: (1, 4), None: ()}[dim]
    axes = None if dim is None else (1 - dim,)
    dw = np.ones((5, 3)).T @ x
    length = np.sqrt((before**2).sum(axes, keepdims=True))
    unit = before / length
    along = (dw * unit).sum(axes, keepdims=True)
    np.testing.assert_allclose(g.grad.numpy(), along.reshape(g.shape), rtol=1e-12)
    expected = g.detach().numpy() / length * (dw - unit * along)
    np.testing.assert_allclose(v.grad.numpy(), expected, rtol=1e-11, atol=1e-12)


def test_weight_norm_trains_and_is_copied() -> None:
    layer = weight_norm(nn.Linear(3, 2))
    assert list(layer.state_dict()) == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    twin = copy.deepcopy(layer)
    nncore._core.assign_(twin.parametrizations.weight.original0, nncore.zeros(2, 1))
    x = nncore.ones(1, 3)
    assert twin.bias is not None
    assert twin(x).tolist() == [twin.bias.tolist()]
    assert layer(x).tolist() != twin(x).tolist()


def test_spectral_norm_divides_by_the_largest_singular_value(rng: np.random.Generator) -> None:
    layer = nn.Linear(6, 5, dtype=nncore.float64)
    before = layer.weight.detach().numpy().copy()
    spectral_norm(layer, n_power_iterations=200)
    layer(nncore.zeros(1, 6, dtype=nncore.float64))
    sigma = np.linalg.svd(before, compute_uv=False)[0]
    np.testing.assert_allclose(layer.weight.detach().numpy(), before / sigma, rtol=1e-6)
    u = layer.state_dict()["parametrizations.weight.0._u"].numpy().copy()
    layer.eval()
    layer(nncore.zeros(1, 6, dtype=nncore.float64))
    assert np.array_equal(u, layer.state_dict()["parametrizations.weight.0._u"].numpy())
    layer(nncore.tensor(rng.normal(size=(3, 6)))).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None


def test_the_weight_is_that_of_the_parameters_at_any_time() -> None:
    layer = weight_norm(nn.Linear(2, 1, bias=False))
    names = [f"parametrizations.weight.original{i}" for i in range(2)]
    values = np.array([[1.0]]), np.array([[3.0, 4.0]])
    layer.load_state_dict(dict(zip(names, values, strict=True)))
    np.testing.assert_allclose(layer.weight.detach().numpy(), [[0.6, 0.8]], rtol=1e-6)
    optimizer = nncore.optim.SGD(layer.parameters(), lr=1.0)
    layer(nncore.ones(1, 2)).sum().backward()
    optimizer.step()  # g - 1.4, v - (1 - 1.4 * unit) / 5
    v = np.array([3.0, 4.0]) - (1 - 1.4 * np.array([0.6, 0.8])) / 5
    np.testing.assert_allclose(layer.weight.detach().numpy(), [-0.4 * v / np.linalg.norm(v)], rtol=1e-5)
    again = pickle.loads(pickle.dumps(layer))
    assert again.weight.tolist() == layer.weight.tolist()
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'wait'"):
        layer.wait  # noqa: B018


def test_misuse_is_named() -> None:
    with pytest.raises(AttributeError, match="Identity has no parameter 'weight'"):
        weight_norm(nn.Identity())
    with pytest.raises(ValueError, match="n_power_iterations must be at least 1"):
        spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
