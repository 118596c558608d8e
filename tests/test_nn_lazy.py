"""Lazy layers: values as PyTorch's, and errors before the first batch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn

F64 = nncore.float64


def numbers(*shape: int, k: int = 7) -> Any:
    values = (np.arange(np.prod(shape, dtype=int)) * k % 11 - 5) / 10
    return nncore.tensor(values.reshape(shape))


# Of PyTorch, for the network and the numbers below: the output, the sum of each gradient, the running mean
Y = [
    [0.13176283175570477, 0.10805530240544609],
    [-0.17681868794869424, -0.20533411218201325],
    [-0.07619678600223823, -0.12140923000973883],
    [0.012104585762951078, -0.04531019968240471],
    [0.09656650652936316, 0.19526662237977274],
]
GRADIENTS = [-0.36848404668255097, 0.0, 0.517285214932735, 0.2570033206878485, -0.22428302067300016]
MEAN = [-0.0572, -0.0272, 0.0028, 0.0526]


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.LazyLinear(4, dtype=F64),
        nn.LazyBatchNorm1d(dtype=F64),
        nn.Tanh(),
        nn.LazyLinear(2, bias=False, dtype=F64),
    )


def test_values_and_gradients_are_pytorchs() -> None:
    model, x = network(), numbers(5, 3)
    assert all(model[i].has_uninitialized_params() for i in (0, 1, 3))
    model.eval()(x)
    for i, parameter in enumerate(model.train().parameters()):
        nn.utils.vector_to_parameters(numbers(parameter.numel(), k=i + 2), [parameter])
    y = model(x)
    (y * numbers(5, 2, k=3)).sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), Y, atol=1e-12)
    sums = [parameter.grad.sum().item() for parameter in model.parameters() if parameter.grad is not None]
    assert sums == pytest.approx(GRADIENTS, abs=1e-12)
    assert model[1].running_mean.tolist() == pytest.approx(MEAN, abs=1e-12)
    assert [type(layer) for layer in model] == [nn.Linear, nn.BatchNorm1d, nn.Tanh, nn.Linear]
    assert repr(model[3]) == "Linear(in_features=4, out_features=2, bias=False)"
    full = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2, bias=False))
    assert list(model.state_dict()) == list(full.state_dict())


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("name", ["BatchNorm", "InstanceNorm"])
def test_norms(name: str, axes: int) -> None:
    settings: dict[str, Any] = {"eps": 0.5, "momentum": 0.25, "track_running_stats": True, "affine": True}
    layer, full = getattr(nn, f"Lazy{name}{axes}d")(**settings), getattr(nn, f"{name}{axes}d")(3, **settings)
    x = nncore.randn(2, 3, *[4] * axes)
    np.testing.assert_array_equal(layer(x).detach().numpy(), full(x).detach().numpy())
    assert type(layer) is type(full)
    assert repr(layer) == repr(full)
    for key, value in full.state_dict().items():
        np.testing.assert_array_equal(layer.state_dict()[key].numpy(), value.numpy())


def test_settings_before_the_first_batch_stay() -> None:
    layer = nn.LazyLinear(2)
    assert repr(layer) == "LazyLinear(in_features=0, out_features=2, bias=True)"
    assert isinstance(layer, nn.Linear)
    layer.requires_grad_(False).eval().zero_grad()
    copied = copy.deepcopy(layer)
    handle = layer.register_forward_hook(lambda module, args, output: output + 1)
    y = layer(nncore.ones(1, 3))
    handle.remove()
    np.testing.assert_array_equal(y.numpy(), (layer(nncore.ones(1, 3)) + 1).numpy())
    assert [parameter.requires_grad for parameter in layer.parameters()] == [False, False]
    assert not layer.training
    copied.initialize_parameters(nncore.ones(1, 5))
    assert (type(copied), copied.weight.shape, copied.in_features) == (nn.Linear, (2, 5), 5)


def test_an_error_in_the_first_call_changes_nothing() -> None:
    layer = nn.LazyBatchNorm2d()
    with pytest.raises(ValueError, match=r"BatchNorm2d: the input has shape \(2, 3\); expected 4 axes"):
        layer(nncore.ones(2, 3))
    assert layer(nncore.ones(2, 3, 4, 4)).shape == (2, 3, 4, 4)


def test_conversion_before_the_first_batch() -> None:
    model = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d()).double()
    assert [p.dtype for p in model.parameters()] == [F64] * 4
    copied = copy.deepcopy(model).float()
    assert model(nncore.ones(3, 2, dtype=F64)).dtype == F64
    assert copied(nncore.ones(3, 2)).dtype == nncore.float32
    assert model[1].running_mean.dtype == F64
    assert nn.LazyLinear(2, dtype=F64).to("cpu", nncore.float32)(nncore.ones(1, 1)).dtype == nncore.float32


FULL: dict[str, Callable[[], tuple[nn.Module, nn.Module]]] = {
    "linear": lambda: (nn.LazyLinear(2), nn.Linear(5, 2)),
    "norm": lambda: (nn.LazyBatchNorm2d(), nn.BatchNorm2d(3)),
    "norm without weights": lambda: (nn.LazyBatchNorm1d(affine=False), nn.BatchNorm1d(3, affine=False)),
    "network": lambda: (
        network().float(),
        nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2, bias=False)),
    ),
}


@pytest.mark.parametrize("name", FULL)
def test_a_state_dict_decides_the_shapes(name: str) -> None:
    lazy, full = FULL[name]()
    assert str(lazy.load_state_dict(full.state_dict())) == "<All keys matched successfully>"
    assert repr(lazy) == repr(full)
    for key, value in full.state_dict().items():
        np.testing.assert_array_equal(lazy.state_dict()[key].numpy(), value.numpy())


def test_a_state_dict_that_does_not_fit_leaves_the_layer_lazy() -> None:
    layer = nn.LazyLinear(2)
    with pytest.raises(
        ValueError, match=r"size mismatch for weight: .* \(3, 5\), the current model \(2, 5\)"
    ):
        layer.load_state_dict(nn.Linear(5, 3).state_dict())
    assert layer.has_uninitialized_params()
    assert layer.load_state_dict({}, strict=False).missing_keys == ["weight", "bias"]
    assert layer(nncore.ones(1, 4)).shape == (1, 2)


LAZY: Any = nn.LazyLinear(2)
MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "optimizer": (
        lambda: nncore.optim.SGD(LAZY.parameters(), lr=0.1),
        TypeError,
        "can only optimize Tensors, but one of the params is UninitializedParameter; call the model",
    ),
    "shape": (lambda: LAZY.weight.shape, AttributeError, "no shape before the first batch: call the module"),
    "state": (lambda: LAZY.state_dict(), AttributeError, "no detach before the first batch: call the module"),
    "half": (
        lambda: LAZY.half(),
        TypeError,
        "modules compute with floating-point values, got nncore.float16",
    ),
    "only a bias": (
        lambda: LAZY.load_state_dict({"bias": np.ones(2)}, strict=False),
        AttributeError,
        "no shape before the first batch",
    ),
    "sum": (lambda: nncore.sum(LAZY.weight), TypeError, r"sum: got \(UninitializedParameter\)"),
    "init": (lambda: nn.init.zeros_(LAZY.weight), TypeError, "UninitializedParameter"),
    "list": (lambda: LAZY([1.0]), TypeError, "LazyLinear: input is a list; expected a Tensor"),
    "number": (lambda: LAZY(nncore.tensor(1.0)), ValueError, r"input \(\)"),
    "size": (lambda: nn.LazyLinear(-1), ValueError, "out_features must be at least 0, got -1"),
    "eps": (lambda: nn.LazyBatchNorm1d(eps=-1.0), ValueError, "BatchNorm1d: eps must be finite, above 0"),
}


@pytest.mark.parametrize(("call", "error", "text"), MISUSE.values(), ids=MISUSE)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
