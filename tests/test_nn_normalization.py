"""Normalization layers: parameters, printed form, limits and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn import functional as F


def test_state_is_pytorchs() -> None:
    shapes = {name: {k: v.shape for k, v in layer.state_dict().items()} for name, layer in LAYERS.items()}
    assert shapes == {
        "layer": {"weight": (3, 4), "bias": (3, 4)},
        "without bias": {"weight": (4,)},
        "plain": {},
        "rms": {"weight": (4,)},
        "group": {"weight": (6,), "bias": (6,)},
        "instance": {},
        "affine instance": {"weight": (6,), "bias": (6,)},
        "tracking instance": {"running_mean": (6,), "running_var": (6,), "num_batches_tracked": ()},
        "response": {},
    }


LAYERS: dict[str, nn.Module] = {
    "layer": nn.LayerNorm((3, 4)),
    "without bias": nn.LayerNorm(4, bias=False),
    "plain": nn.LayerNorm(4, elementwise_affine=False),
    "rms": nn.RMSNorm(4),
    "group": nn.GroupNorm(3, 6),
    "instance": nn.InstanceNorm2d(6),
    "affine instance": nn.InstanceNorm1d(6, affine=True),
    "tracking instance": nn.InstanceNorm1d(6, track_running_stats=True),
    "response": nn.LocalResponseNorm(5),
}


def test_printed_forms() -> None:
    assert repr(LAYERS["layer"]) == "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)"
    assert repr(LAYERS["rms"]) == "RMSNorm((4,), eps=None, elementwise_affine=True)"
    assert repr(LAYERS["group"]) == "GroupNorm(3, 6, eps=1e-05, affine=True, bias=True)"
    assert repr(LAYERS["instance"]) == (
        "InstanceNorm2d(6, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)"
    )
    assert repr(LAYERS["response"]) == "LocalResponseNorm(5, alpha=0.0001, beta=0.75, k=1.0)"


@pytest.mark.parametrize("layer", [nn.LayerNorm(6), nn.GroupNorm(2, 6), nn.InstanceNorm1d(6), nn.RMSNorm(6)])
def test_a_layer_is_its_function(layer: nn.Module, rng: np.random.Generator) -> None:
    x = nncore.tensor(rng.normal(size=(3, 6, 6)).astype(np.float32))
    expected = {
        nn.LayerNorm: lambda: F.layer_norm(x, 6, nncore.ones(6), nncore.zeros(6)),
        nn.GroupNorm: lambda: F.group_norm(x, 2, nncore.ones(6), nncore.zeros(6)),
        nn.InstanceNorm1d: lambda: F.instance_norm(x),
        nn.RMSNorm: lambda: F.rms_norm(x, 6, nncore.ones(6)),
    }[type(layer)]()
    assert np.array_equal(layer(x).detach().numpy(), expected.numpy())


@pytest.mark.parametrize("shape", [(4, 3, 7), (2, 3, 4, 5), (3, 7)])
def test_instance_norm_keeps_statistics(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    kind: Any = nn.InstanceNorm2d if len(shape) == 4 else nn.InstanceNorm1d
    layer = kind(3, momentum=0.3, track_running_stats=True, dtype=nncore.float64)
    mean, var, axes = np.zeros(3), np.ones(3), tuple(range(2, max(3, len(shape))))
    for _ in range(3):
        x = rng.normal(2, 3, shape)
        layer(nncore.tensor(x))
        images = x.reshape(-1, *shape[-2:]) if len(shape) == 2 else x
        mean = 0.7 * mean + 0.3 * images.mean(axes).mean(0)
        var = 0.7 * var + 0.3 * images.var(axes, ddof=1).mean(0)
    state = {k: v.numpy() for k, v in layer.state_dict().items()}
    np.testing.assert_allclose(state["running_mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(state["running_var"], var, rtol=1e-12)
    assert state["num_batches_tracked"] == 0
    channels = (3, *(1,) * len(axes))
    expected = (x - mean.reshape(channels)) / np.sqrt(var.reshape(channels) + layer.eps)
    np.testing.assert_allclose(layer.eval()(nncore.tensor(x)).numpy(), expected, rtol=1e-12)
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0.0] * 3


def test_a_constant_row_is_zero() -> None:
    assert F.layer_norm(nncore.full((2, 5), 3.0), 5).tolist() == [[0.0] * 5] * 2


def test_nan_is_not_replaced_by_eps(isa: str) -> None:
    y = F.normalize(nncore.tensor([[float("nan"), 1.0], [0.0, 0.0]]))
    np.testing.assert_array_equal(y.numpy(), [[np.nan, np.nan], [0.0, 0.0]])


def test_a_large_mean_costs_only_its_own_digits(rng: np.random.Generator) -> None:
    x = (rng.normal(size=(4, 64)) + 4096).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(1, keepdims=True)) / exact.std(1, keepdims=True)
    np.testing.assert_allclose(F.layer_norm(nncore.tensor(x), 64, eps=1e-12).numpy(), exact, atol=5e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_fused_residual_is_its_composition(dtype: Any, rng: np.random.Generator) -> None:
    x, r, w, b, dy = (rng.normal(size=s).astype(dtype) for s in ((9, 33), (9, 33), 33, 33, (9, 33)))
    results = []
    for fused in (True, False):
        a = [nncore.tensor(v, requires_grad=True) for v in (x, r, w, b)]
        if fused:
            y, s = F.add_layer_norm(a[0], a[1], 33, a[2], a[3])
        else:
            s = a[0] + a[1]
            y = F.layer_norm(s, 33, a[2], a[3])
        (y * nncore.tensor(dy) + s * s).sum().backward()
        results.append(
            [y.detach().numpy(), s.detach().numpy(), *(t.grad.numpy() for t in a if t.grad is not None)]
        )
    assert len(results[0]) == 6
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 if dtype == np.float32 else 1e-13)


def test_gradients_only_where_wanted(rng: np.random.Generator) -> None:
    x = nncore.tensor(rng.normal(size=(70, 9)))
    w = nncore.tensor(rng.normal(size=9), requires_grad=True)
    F.layer_norm(x, 9, w).sum().backward()
    twin = nncore.tensor(w.detach().numpy(), requires_grad=True)
    F.layer_norm(nncore.tensor(x.numpy(), requires_grad=True), 9, twin).sum().backward()
    assert w.grad is not None
    assert twin.grad is not None
    assert np.array_equal(w.grad.numpy(), twin.grad.numpy())


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_large_rows_give_the_same_bits_for_any_threads(threads: int, rng: np.random.Generator) -> None:
    """Large enough for stores that bypass the caches."""
    values, scale = rng.normal(size=(8192, 640)).astype(np.float32), rng.normal(size=640).astype(np.float32)
    both: list[list[Any]] = []
    for count in (1, threads):
        nncore.set_num_threads(count)
        x, w = nncore.tensor(values, requires_grad=True), nncore.tensor(scale, requires_grad=True)
        y = F.layer_norm(x, 640, w)
        y.backward(x.detach())
        assert x.grad is not None
        assert w.grad is not None
        both.append([y.detach().numpy().copy(), x.grad.numpy().copy(), w.grad.numpy().copy()])
    for a, b in zip(*both, strict=True):
        assert np.array_equal(a, b)


X = nncore.zeros(2, 6, 4)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.LayerNorm(5)(X), ValueError, r"normalized_shape is \(5,\).*\(2, 6, 4\)"),
    (lambda: nn.LayerNorm((6, 3))(X), ValueError, r"must be \(6, 3\)"),
    (lambda: nn.LayerNorm(-1), ValueError, "at least 0"),
    (lambda: nn.LayerNorm(2.5), TypeError, "must be an int"),  # type: ignore[arg-type]
    (lambda: nn.LayerNorm(4, eps=float("nan")), ValueError, "eps must be finite"),
    (lambda: nn.LayerNorm(4)(X.double()), TypeError, "weight is float32 but the input is float64"),
    (lambda: F.layer_norm(nncore.tensor([1, 2]), 2), TypeError, "int64"),
    (lambda: F.layer_norm(X, 4, nncore.ones(3)), ValueError, r"weight has shape \(3,\); expected \(4,\)"),
    (lambda: F.add_layer_norm(X, X[:1], 4), ValueError, r"residual has shape \(1, 6, 4\)"),
    (lambda: nn.GroupNorm(4, 6), ValueError, "must be a multiple"),
    (lambda: F.group_norm(X, 4), ValueError, "do not divide into 4"),
    (lambda: F.group_norm(X, 0), ValueError, "do not divide into 0"),
    (lambda: F.group_norm(X[0, 0], 1), ValueError, r"expected \(N, C"),
    (lambda: nn.InstanceNorm1d(5)(X), ValueError, "expected 5 channels"),
    (lambda: nn.InstanceNorm2d(6)(X[0, 0]), ValueError, "expected 4 axes"),
    (lambda: nn.InstanceNorm1d(6)(X[:, :, :1]), ValueError, r"\(2, 6, 1\) has one value per channel"),
    (
        lambda: F.instance_norm(X, use_input_stats=False),
        ValueError,
        "needs running_mean and running_var",
    ),
    (lambda: F.instance_norm(X, nncore.zeros(6)), ValueError, "give both running_mean and running_var"),
    (lambda: F.instance_norm(X, nncore.zeros(5), nncore.ones(5)), ValueError, r"\(5,\)"),
    (lambda: nn.LocalResponseNorm(0)(X), ValueError, "size is 0"),
    (lambda: F.local_response_norm(X[0], 2), ValueError, "3 axes"),
    (lambda: F.normalize(X, dim=3), IndexError, "normalize"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_statistics_of_instances_are_checked_before_any_changes() -> None:
    x, mean = nncore.ones(2, 3, 4), nncore.zeros(3)
    for var, momentum, text in (
        (nncore.ones(4), 0.1, r"running_var has shape \(4,\)"),
        (nncore.ones(3, dtype=nncore.float64), 0.1, r"running_var .*float64"),
        (nncore.ones(3), float("nan"), "momentum must be finite"),
    ):
        with pytest.raises(ValueError, match=f"instance_norm: {text}"):
            F.instance_norm(x, mean, var, momentum=momentum)
    assert mean.tolist() == [0, 0, 0]
