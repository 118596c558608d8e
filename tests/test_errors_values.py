"""Finite numbers that a dtype cannot hold raise wherever they become elements; inf and NaN do not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn import functional as F
from nncore.nn import init

f32, f64, i32, i64, u8 = nncore.float32, nncore.float64, nncore.int32, nncore.int64, nncore.uint8
INF, NAN = math.inf, math.nan


def x() -> nncore.Tensor:
    return nncore.ones(2)


def bytes_() -> nncore.Tensor:
    return nncore.ones(2, dtype=u8)


def loaded(value: float) -> Any:
    layer = nn.Linear(1, 1)
    return layer.load_state_dict({"weight": nncore.full((1, 1), value, dtype=f64), "bias": nncore.zeros(1)})


def restored(value: float) -> Any:
    weight = nn.Parameter(nncore.ones(1))
    optimizer = nncore.optim.SGD([weight], lr=0.1, momentum=0.9)
    (weight * 2).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["momentum_buffer"] = np.full(1, value)
    return optimizer.load_state_dict(state)


OVERFLOWS: dict[str, tuple[Callable[[], Any], str]] = {
    "tensor": (lambda: nncore.tensor([1, 300], dtype=u8), "tensor: 300 does not fit uint8"),
    "tensor, negative": (lambda: nncore.tensor([-1], dtype=u8), "tensor: -1 does not fit uint8"),
    "tensor, int32": (lambda: nncore.tensor([2**31], dtype=i32), "tensor: 2147483648 does not fit int32"),
    "tensor, int64": (lambda: nncore.tensor([2**63]), "tensor: 9223372036854775808 does not fit in 64 bits"),
    "tensor, very long": (lambda: nncore.tensor([2**70]), "tensor: 1180591620717411303424 does not fit"),
    "tensor, float": (lambda: nncore.tensor([0.0, -1e300]), "tensor: -1e+300 does not fit float32"),
    "tensor, nan": (lambda: nncore.tensor([NAN], dtype=i64), "tensor: nan does not fit int64"),
    "tensor, inf": (lambda: nncore.tensor([INF], dtype=u8), "tensor: inf does not fit uint8"),
    "tensor, large": (lambda: nncore.tensor([1e19], dtype=i64), "tensor: 1e+19 does not fit int64"),
    "tensor of an array": (lambda: nncore.tensor(np.array([1e39]), dtype=f32), "tensor: 1e+39 does not fit"),
    "tensor of a tensor": (lambda: nncore.tensor(nncore.tensor([300]), dtype=u8), "tensor: 300 does not fit"),
    "full": (lambda: nncore.full((2,), 1e300), "full: 1e+300 does not fit float32"),
    "full, int": (lambda: nncore.full((2,), -1, dtype=u8), "full: -1 does not fit uint8"),
    "full, float of int": (lambda: nncore.full((2,), 256.5, dtype=u8), "full: 256.5 does not fit uint8"),
    "full, nan of int": (lambda: nncore.full((2,), NAN, dtype=i64), "full: nan does not fit int64"),
    "full_like": (lambda: nncore.full_like(bytes_(), 300), "full_like: 300 does not fit uint8"),
    "arange": (lambda: nncore.arange(300, dtype=u8), "arange: 299 does not fit uint8"),
    "arange, floats": (lambda: nncore.arange(0, 2e39, 1e39), "arange: 1e+39 does not fit float32"),
    "linspace": (lambda: nncore.linspace(0, 1e39, 3), "linspace: 1e+39 does not fit float32"),
    "masked_fill": (lambda: x().masked_fill(x() > 0, 1e300), "masked_fill: 1e+300 does not fit float32"),
    "masked_fill, int": (lambda: bytes_().masked_fill(x() > 0, 300), "masked_fill: 300 does not fit uint8"),
    "scatter": (
        lambda: x().scatter(0, nncore.tensor([0]), value=1e300),
        "scatter: 1e+300 does not fit float32",
    ),
    "where": (lambda: nncore.where(x() > 0, x(), 1e300), "where: 1e+300 does not fit float32"),
    "where, int": (lambda: nncore.where(x() > 0, bytes_(), 300), "where: 300 does not fit uint8"),
    "clamp": (lambda: x().clamp(max=1e300), "clamp: 1e+300 does not fit float32"),
    "pad": (lambda: F.pad(x(), (1, 1), value=1e300), "pad: 1e+300 does not fit float32"),
    "add": (lambda: x() + 1e300, "add: 1e+300 does not fit float32"),
    "rsub": (lambda: 1e300 - x(), "sub: 1e+300 does not fit float32"),
    "mul": (lambda: nncore.mul(x(), -1e300), "mul: -1e+300 does not fit float32"),
    "add, int": (lambda: bytes_() + 300, "add: 300 does not fit uint8"),
    "remainder": (lambda: x() % 1e300, "remainder: 1e+300 does not fit float32"),
    "compare": (lambda: x() < 1e300, "lt: 1e+300 does not fit float32"),
    "alpha": (lambda: nncore.add(x(), 1e30, alpha=1e30), "add: 1e+60 does not fit float32"),
    "lerp": (lambda: x().lerp(x(), 1e300), "lerp: 1e+300 does not fit float32"),
    "leaky_relu": (lambda: F.leaky_relu(x(), 1e300), "leaky_relu: 1e+300 does not fit float32"),
    "hardtanh": (lambda: F.hardtanh(x(), -1e300, 1.0), "hardtanh: -1e+300 does not fit float32"),
    "huber_loss": (lambda: F.huber_loss(x(), x(), delta=1e300), "huber_loss: 1e+300 does not fit float32"),
    "margin": (lambda: F.hinge_embedding_loss(x(), x(), 1e300), "hinge_embedding_loss: 1e+300 does not fit"),
    "randint": (lambda: nncore.randint(0, 257, (2,), dtype=u8), "randint: 256 does not fit uint8"),
    "randint, low": (lambda: nncore.randint(-1, 2, (2,), dtype=u8), "randint: -1 does not fit uint8"),
    "constant_": (lambda: init.constant_(x(), 1e300), "1e+300 does not fit float32"),
    "load_state_dict": (lambda: loaded(1e300), 'load_state_dict: "weight": 1e+300 does not fit float32'),
    "optimizer": (lambda: restored(1e300), "momentum_buffer of parameter 0: 1e+300 does not fit float32"),
    "vector_to_parameters": (
        lambda: nn.utils.vector_to_parameters(nncore.full((2,), 1e300, dtype=f64), [nncore.ones(2)]),
        "vector_to_parameters: vec: 1e+300 does not fit float32",
    ),
}


@pytest.mark.parametrize("name", OVERFLOWS)
def test_a_number_beyond_the_dtype(name: str) -> None:
    call, text = OVERFLOWS[name]
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


DISTRIBUTIONS: dict[str, tuple[Callable[[], Any], str]] = {
    "negative std": (lambda: init.normal_(x(), 0.0, -1.0), "std -1"),
    "nan std": (lambda: init.normal_(x(), 0.0, NAN), "std nan"),
    "infinite mean": (lambda: init.normal_(x(), INF), "mean inf"),
    "bounds": (lambda: init.uniform_(x(), 1.0, 0.0), "the bounds 1 and 0"),
    "nan bound": (lambda: init.uniform_(x(), NAN, 0.0), "the bounds nan and 0"),
    "span": (lambda: init.uniform_(x(), -3e38, 3e38), "does not fit float32"),
    "beyond": (lambda: init.normal_(x(), 1e300), "1e+300 does not fit float32"),
    "trunc_normal_": (lambda: init.trunc_normal_(x(), std=NAN), "trunc_normal_: std must be finite"),
    "trunc_normal_ bounds": (lambda: init.trunc_normal_(x(), a=NAN), "trunc_normal_: a must be finite"),
    "xavier": (lambda: init.xavier_normal_(nncore.ones(2, 2), -1.0), "gain must be finite, at least 0"),
    "xavier nan": (lambda: init.xavier_uniform_(nncore.ones(2, 2), NAN), "gain must be finite"),
    "kaiming": (lambda: init.kaiming_uniform_(nncore.ones(2, 2), NAN), "kaiming_uniform_: a must be finite"),
    "orthogonal": (lambda: init.orthogonal_(nncore.ones(2, 2), NAN), "orthogonal_: gain must be finite"),
    "sparse": (lambda: init.sparse_(nncore.ones(2, 2), NAN), "sparse_: sparsity must be finite"),
    "sparse std": (lambda: init.sparse_(nncore.ones(2, 2), 0.5, -1.0), "std -1"),
    "dropout": (lambda: F.dropout(x(), NAN), "dropout: p is nan"),
    "alpha_dropout": (lambda: F.alpha_dropout(x(), 1.5), "alpha_dropout: p is 1.5"),
    "bce target": (
        lambda: F.binary_cross_entropy(x() / 2, nncore.tensor([0.0, 1.5])),
        "target must be probabilities between 0 and 1, got values from 0 to 1.5",
    ),
    "bce target below": (lambda: nn.BCELoss()(x() / 2, -x()), "got values from -1 to -1"),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_setting_out_of_range(name: str) -> None:
    call, text = DISTRIBUTIONS[name]
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


def test_infinities_and_nan_are_values_of_floats() -> None:
    given = [INF, -INF, NAN]
    for source in (given, np.array(given), nncore.tensor(given, dtype=f64)):
        np.testing.assert_array_equal(nncore.tensor(source, dtype=f32).numpy(), given)
    for value in given:
        np.testing.assert_array_equal(nncore.full((2,), value).numpy(), np.full(2, value, np.float32))
        np.testing.assert_array_equal(x().masked_fill(x() > 0, value).numpy(), np.full(2, value))
        np.testing.assert_array_equal((x() + value).numpy(), np.full(2, value))
        np.testing.assert_array_equal(init.constant_(x(), value).numpy(), np.full(2, value))
        loaded(value)
    assert x().clamp(max=INF).tolist() == [1.0, 1.0]
    assert (x() < INF).tolist() == [True, True]


def test_the_largest_numbers_of_a_dtype_fit() -> None:
    largest = float(np.finfo(np.float32).max)
    assert nncore.tensor([largest * (1 + 2**-26)]).tolist() == [largest]  # rounds to it
    assert nncore.full((1,), -largest).tolist() == [-largest]
    assert nncore.tensor([0, 255], dtype=u8).tolist() == [0, 255]
    assert nncore.tensor([-(2**63), 2**63 - 1]).tolist() == [-(2**63), 2**63 - 1]
    assert nncore.tensor([255.9, -0.9], dtype=u8).tolist() == [255, 0]  # toward 0, as in PyTorch
    assert nncore.arange(250, 256, dtype=u8).tolist()[-1] == 255
    assert nncore.full((1,), 1e300, dtype=f64).tolist() == [1e300]
    assert nncore.tensor([2, 0], dtype=nncore.bool).tolist() == [True, False]
    assert int(nncore.randint(255, 256, (1,), dtype=u8).item()) == 255


NORMS: dict[str, Callable[[float], Any]] = {
    "BatchNorm1d": lambda eps: nn.BatchNorm1d(2, eps),
    "BatchNorm2d": lambda eps: nn.BatchNorm2d(2, eps),
    "InstanceNorm1d": lambda eps: nn.InstanceNorm1d(2, eps),
    "GroupNorm": lambda eps: nn.GroupNorm(1, 2, eps),
    "LayerNorm": lambda eps: nn.LayerNorm(2, eps),
    "RMSNorm": lambda eps: nn.RMSNorm(2, eps),
    "batch_norm": lambda eps: F.batch_norm(nncore.ones(2, 2), None, None, training=True, eps=eps),
    "instance_norm": lambda eps: F.instance_norm(nncore.ones(2, 2, 2), eps=eps),
    "group_norm": lambda eps: F.group_norm(nncore.ones(2, 2), 1, eps=eps),
    "layer_norm": lambda eps: F.layer_norm(nncore.ones(2, 2), 2, eps=eps),
    "add_layer_norm": lambda eps: F.add_layer_norm(nncore.ones(2, 2), nncore.ones(2, 2), 2, eps=eps),
    "rms_norm": lambda eps: F.rms_norm(nncore.ones(2, 2), 2, eps=eps),
}


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("eps", [0.0, -1e-5, NAN, INF])
def test_a_variance_of_0_never_divides(name: str, eps: float) -> None:
    with pytest.raises(ValueError, match="eps"):
        NORMS[name](eps)


def test_an_eps_that_is_0_in_float32() -> None:
    with pytest.raises(ValueError, match="layer_norm: eps is 1e-60"):
        F.layer_norm(nncore.ones(1, 2), 2, eps=1e-60)
    assert F.layer_norm(nncore.ones(1, 2, dtype=f64), 2, eps=1e-60).tolist() == [[0.0, 0.0]]


def test_masked_fill_refuses_a_tensor_beyond_the_dtype() -> None:
    with pytest.raises(ValueError, match="masked_fill: 1e\\+300 does not fit float32"):
        nncore.ones(2).masked_fill(nncore.tensor([True, False]), nncore.tensor(1e300, dtype=nncore.float64))


@pytest.mark.parametrize("name", ["fmod", "remainder", "floor_divide"])
def test_an_integer_divided_by_zero_names_the_operation(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: an integer divided by zero"):
        getattr(nncore, name)(nncore.tensor([5]), nncore.tensor([0]))
