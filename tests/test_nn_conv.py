"""Convolution layers: printed forms, padding modes, fusion, captured steps, equal bits and misuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import conv_oracle as oracle
import nncore
from conv_oracle import each
from nncore import _core, nn
from nncore.captured.step import CompiledStep
from nncore.nn import functional as F


def normal(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("transposed", [False, True])
def test_a_layer_applies_its_settings(transposed: bool) -> None:
    x = normal(2, 6, 9, 8, dtype=np.float64)
    settings: dict[str, Any] = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 3}
    if transposed:
        settings["output_padding"] = (1, 0)
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    layer: Any = kind(6, 9, (3, 2), **settings, dtype=nncore.float64)
    truth = (oracle.conv_transpose if transposed else oracle.conv)(
        x, layer.weight.detach().numpy(), layer.bias.detach().numpy(), **settings
    )
    np.testing.assert_allclose(layer(nncore.tensor(x)).detach().numpy(), truth, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [2, "same", "valid"])
def test_padding_modes(mode: Any, padding: Any) -> None:
    layer: Any = nn.Conv1d(3, 4, 4, padding=padding, padding_mode=mode, dtype=nncore.float64)
    x = normal(2, 3, 9, dtype=np.float64)
    left, right = {2: (2, 2), "same": (1, 2), "valid": (0, 0)}[padding]
    kind: Any = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    padded = np.pad(x, [(0, 0), (0, 0), (left, right)], mode=kind)
    truth = oracle.conv(padded, layer.weight.detach().numpy(), layer.bias.detach().numpy())
    np.testing.assert_allclose(layer(nncore.tensor(x)).detach().numpy(), truth, rtol=1e-12, atol=1e-12)


def test_weights_start_within_the_bound() -> None:
    layer: Any = nn.Conv2d(8, 64, 5, groups=2)
    bound = 1 / np.sqrt(4 * 25)
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert bound * 0.9 < np.abs(values).max() <= bound
    assert layer.weight.shape == (64, 4, 5, 5)
    assert nn.ConvTranspose3d(8, 4, (1, 2, 3), groups=2).weight.shape == (8, 2, 1, 2, 3)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Conv1d(2, 4, 3, bias=False), "Conv1d(2, 4, kernel_size=(3,), stride=(1,), bias=False)"),
        (
            nn.Conv2d(2, 4, 3, 2, "valid", 2, 2, padding_mode="reflect"),
            "Conv2d(2, 4, kernel_size=(3, 3), stride=(2, 2), padding=valid, dilation=(2, 2), groups=2, "
            "padding_mode=reflect)",
        ),
        (
            nn.ConvTranspose2d(2, 4, 3, 2, 1, 1),
            "ConvTranspose2d(2, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))",
        ),
        (nn.Conv3d(1, 2, (1, 2, 3), padding="same"), None),
    ],
)
def test_printed_forms_are_pytorchs(layer: nn.Module, text: str | None) -> None:
    expected = text or "Conv3d(1, 2, kernel_size=(1, 2, 3), stride=(1, 1, 1), padding=same)"
    assert repr(layer) == expected


def test_output_size_chooses_the_output_padding() -> None:
    layer = nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1)
    x = nncore.tensor(normal(1, 3, 5, 6))
    assert layer(x).shape == (1, 2, 9, 11)
    assert layer(x, output_size=(10, 12)).shape == (1, 2, 10, 12)
    assert layer(x, output_size=(1, 2, 9, 12)).shape == (1, 2, 9, 12)
    with pytest.raises(ValueError, match=r"output_size is \(11, 12\), but axis 0 can have 9 to 10 elements"):
        layer(x, output_size=(11, 12))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "silu"])
@pytest.mark.parametrize(("channels", "filters"), [(3, 8), (16, 48)])
def test_an_activation_is_applied_in_the_same_pass(activation: str, channels: int, filters: int) -> None:
    x, w, b = leaves = [
        nncore.tensor(normal(*shape, seed=i), requires_grad=True)
        for i, shape in enumerate([(2, channels, 9, 9), (filters, channels, 3, 3), (filters,)])
    ]
    conv: Any = F.conv2d
    dy = nncore.tensor(normal(2, filters, 9, 9, seed=5))
    results = []
    for fused in (True, False):
        y = conv(x, w, b, padding=1, **({"activation": activation} if fused else {}))
        y = y if fused else getattr(F if hasattr(F, activation) else nncore, activation)(y)
        y.backward(dy)
        results.append([y.detach().numpy(), *(np.asarray(t.grad) for t in leaves)])
        x.grad = w.grad = b.grad = None
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_sequential_fuses_convolutions_with_activations() -> None:
    x = nncore.tensor(normal(2, 3, 8, 8))
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.ConvTranspose2d(4, 2, 2), nn.Tanh())
    apart = x
    for layer in model:
        apart = layer(apart)
    np.testing.assert_array_equal(model(x).detach().numpy(), apart.detach().numpy())


# Shapes that take different layouts: in place, copied, strips, several images per tile, long k
LAYOUTS: list[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ((5, 6, 14, 14), (16, 6, 5, 5), {}),
    ((3, 16, 33, 31), (20, 16, 3, 3), {"padding": 1}),
    ((9, 40, 7, 7), (30, 40, 3, 3), {"padding": 1}),
    ((2, 3, 64, 64), (24, 3, 7, 7), {"padding": 3, "stride": 2}),
    ((2, 470, 5, 5), (13, 470, 3, 3), {"padding": 1}),
    ((3, 32, 20, 20), (32, 1, 3, 3), {"groups": 32, "padding": 1}),
    ((2, 64, 12, 12), (48, 64, 1, 1), {}),
    ((2, 8, 900), (8, 8, 9), {"padding": 4}),
    ((1, 2, 90, 110), (3, 2, 3, 3), {"padding": 1}),
    # Points by filters: copied and in place, several chunks of k, strides and groups
    ((3, 20, 13, 13), (48, 20, 3, 3), {"padding": 1}),
    ((2, 470, 5, 5), (50, 470, 3, 3), {"padding": 1}),
    ((2, 80, 15, 14), (100, 40, 3, 3), {"padding": 1, "stride": 2, "groups": 2}),
    ((2, 600, 6, 7), (40, 600, 1, 1), {}),
    ((2, 20, 17, 19), (48, 20, 3, 3), {"padding": 4, "stride": 5}),
]


def results_of(x: Any, w: Any, settings: dict[str, Any]) -> list[Any]:
    tensors = [nncore.tensor(a, requires_grad=True) for a in (x, w, normal(len(w), seed=3))]
    y = getattr(F, f"conv{w.ndim - 2}d")(*tensors, **settings)
    y.backward(nncore.tensor(normal(*y.shape, seed=4)))
    return [y.detach().numpy(), *(np.asarray(t.grad) for t in tensors)]


@pytest.mark.parametrize(("x", "w", "settings"), LAYOUTS)
def test_bits_depend_on_neither_threads_nor_levels_nor_batch(
    x: tuple[int, ...], w: tuple[int, ...], settings: dict[str, Any]
) -> None:
    images, weights = normal(*x), normal(*w, seed=1)
    expected = results_of(images, weights, settings)
    threads, level = nncore.get_num_threads(), _core.isa()
    try:
        for name in _core.isa_levels():
            _core.set_isa(name)
            for count in (1, 2, 3):
                nncore.set_num_threads(count)
                for one, other in zip(results_of(images, weights, settings), expected, strict=True):
                    np.testing.assert_array_equal(one, other)
    finally:
        nncore.set_num_threads(threads)
        _core.set_isa(level)
    alone: Any = F.conv1d if len(x) == 3 else F.conv2d
    operands = [nncore.tensor(a) for a in (images[:1], weights, normal(w[0], seed=3))]
    y = alone(*operands, **settings)
    np.testing.assert_array_equal(y.numpy(), expected[0][:1])


def test_a_captured_step_gives_the_same_bits() -> None:
    def model() -> nn.Module:
        nncore.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, stride=2, padding_mode="reflect", padding=1),
            nn.Tanh(),
            nn.ConvTranspose2d(6, 2, 2, stride=2),
            nn.Flatten(),
            nn.Linear(2 * 8 * 8, 3),
        )

    x, y = nncore.tensor(normal(5, 1, 14, 14)), nncore.tensor(np.arange(5) % 3)
    weights = []
    for compiled in (False, True):
        net = model()
        optimizer = nncore.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

        def step(x: Any, y: Any, net: Any = net, optimizer: Any = optimizer) -> Any:
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        run = nncore.compile(step) if compiled else step
        for _ in range(4):
            run(x, y)
        if compiled:
            assert isinstance(run, CompiledStep)
            assert "conv_weight_bwd" in str(run.explain())
        weights.append([p.detach().numpy() for p in net.parameters()])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
@pytest.mark.parametrize("bias", [True, False])
def test_batch_norm_folds_into_the_layer_before(kind: Any, bias: bool) -> None:
    nncore.manual_seed(0)
    conv, bn = kind(3, 4, 3, bias=bias), nn.BatchNorm2d(4)
    for i in range(3):
        bn(conv(nncore.tensor(normal(5, 3, 8, 8, seed=i))))
    conv.eval(), bn.eval()
    fused = nn.utils.fuse_conv_bn_eval(conv, bn, transpose=kind is nn.ConvTranspose2d)
    x = nncore.tensor(normal(2, 3, 7, 7))
    np.testing.assert_allclose(fused(x).detach().numpy(), bn(conv(x)).detach().numpy(), rtol=2e-5, atol=2e-6)
    with pytest.raises(ValueError, match="both layers must be in eval mode"):
        nn.utils.fuse_conv_bn_eval(conv.train(), bn, transpose=kind is nn.ConvTranspose2d)


def test_lazy_layers_take_the_channels_of_the_input_or_of_a_state_dict() -> None:
    full = nn.Conv2d(6, 4, 3, groups=2)
    lazy = nn.LazyConv2d(4, 3, groups=2)
    lazy.load_state_dict(full.state_dict())
    assert type(lazy) is nn.Conv2d
    assert lazy.in_channels == 6
    up = nn.LazyConvTranspose1d(4, 3)
    up.load_state_dict(nn.ConvTranspose1d(5, 4, 3).state_dict())
    assert up.in_channels == 5
    with pytest.raises(ValueError, match="5, which does not divide into 2 groups"):
        nn.LazyConv1d(4, 3, groups=2)(nncore.ones(1, 5, 9))


X, W = nncore.ones(2, 4, 8, 8), nncore.ones(6, 4, 3, 3)
MISUSE: list[tuple[Callable[[], Any], Any, str]] = [
    (lambda: F.conv2d(X, nncore.ones(6, 4, 9, 3)), ValueError, "over 9 elements .* padded input has 8"),
    (lambda: F.conv2d(X, W, dilation=4), ValueError, "reaches over 9 elements"),
    (lambda: F.conv2d(X, W, stride=0), ValueError, "stride is 0 but must be at least 1"),
    (lambda: F.conv2d(X, W, stride=(1, -1)), ValueError, "stride is -1 but must be at least 1"),
    (lambda: F.conv2d(X, W, padding=-1), ValueError, "padding is -1 but must be 0 or more"),
    (lambda: F.conv2d(X, W, dilation=0), ValueError, "dilation is 0 but must be at least 1"),
    (lambda: F.conv2d(X, W, stride=2**40), ValueError, "stride is"),
    (
        lambda: F.conv2d(X, W, padding=(1, 1, 1)),
        ValueError,
        r"padding is \(1, 1, 1\); expected one number or 2",
    ),
    (lambda: F.conv2d(X, W, padding="full"), ValueError, "padding is 'full'; expected 'same'"),
    (lambda: F.conv2d(X, W, padding="same", stride=2), ValueError, "padding is 'same' but stride is"),
    (lambda: F.conv2d(X, W, groups=0), ValueError, "groups is 0; expected a number from 1"),
    (lambda: F.conv2d(X, W, groups=4), ValueError, "do not divide into 4 groups"),
    (lambda: F.conv2d(X, W, groups=2), ValueError, "has 4 channels but a weight .* in 2 groups needs 8"),
    (lambda: F.conv2d(X[0, 0], W), ValueError, r"the input has shape \(8, 8\); expected \(N, C, H, W\)"),
    (lambda: F.conv2d(X, W[0]), ValueError, r"the weight has shape \(4, 3, 3\); expected 4 axes"),
    (lambda: F.conv2d(X, nncore.ones(6, 4, 0, 3)), ValueError, "a kernel must have at least one element"),
    (lambda: F.conv2d(X, W, nncore.ones(5)), ValueError, r"bias has shape \(5,\); expected \(6,\)"),
    (lambda: F.conv2d(X.double(), W), TypeError, "the input is float64 but the weight is float32"),
    (lambda: F.conv2d(X.long(), W.long()), TypeError, "the input is int64; expected float32 or float64"),
    (lambda: F.conv2d(X, W, nncore.ones(6).double()), TypeError, "but the bias is float64"),
    (lambda: F.conv2d(X, W, padding=2**30), (ValueError, MemoryError), "conv2d"),
    (lambda: F.conv2d(X, W, activation="no"), ValueError, "'no' is not an activation that can be fused"),
    (lambda: F.conv2d(X, "w"), TypeError, "weight"),  # type: ignore[arg-type]
    (lambda: F.conv_transpose2d(X, W), ValueError, "has 4 channels but the weight .* needs 6"),
    (
        lambda: F.conv_transpose2d(X, nncore.ones(4, 2, 3, 3), output_padding=1),
        ValueError,
        "output_padding is .*; expected less than the stride, 1, or the dilation, 1",
    ),
    (
        lambda: F.conv_transpose2d(X, nncore.ones(4, 2, 3, 3), padding=5),
        ValueError,
        "the output would have 0 elements along axis 2",
    ),
    (lambda: nn.Conv2d(4, 6, 3, groups=4), ValueError, "out_channels is 6, which does not"),
    (lambda: nn.Conv2d(4, 6, 0), ValueError, "Conv2d: kernel_size must be at least 1, got 0"),
    (lambda: nn.Conv2d(4, 6, (3, 3, 3)), ValueError, "kernel_size has 3 numbers; expected an int or 2"),
    (
        lambda: nn.Conv2d(4, 6, 3, padding_mode="mirror"),  # type: ignore[arg-type]
        ValueError,
        "padding_mode is 'mirror'; expected 'zeros'",
    ),
    (lambda: nn.Conv2d(4, 6, 3, stride=2, padding="same"), ValueError, "padding is 'same' but stride is"),
    (lambda: nn.ConvTranspose2d(4, 6, 3, padding="same"), ValueError, "padding is 'same'; expected numbers"),  # type: ignore[arg-type]
    (lambda: nn.ConvTranspose2d(4, 6, 3, padding_mode="reflect"), ValueError, "expected 'zeros'"),  # type: ignore[arg-type]
    (lambda: nn.Conv2d(4, 6, 2.5), TypeError, "kernel_size must be an int"),  # type: ignore[arg-type]
    (lambda: nn.Conv2d(4, 6, 3, padding_mode=1), TypeError, "Conv2d: padding_mode must be a str, got 1"),  # type: ignore[arg-type]
    (lambda: nn.Conv2d(2**31, 2**31, 3), ValueError, r"Conv2d: shape \(2147483648, 2147483648, 3, 3\) has"),
    (lambda: F.conv2d(X.half(), W.half()), TypeError, "^conv2d: float16 only stores values; convert it"),
    (lambda: F.conv_transpose2d(X.half(), W.half()[:4]), TypeError, "^conv_transpose2d: float16 only stores"),
    (
        lambda: F.conv2d(X, W, groups=np.float32(1.5)),  # type: ignore[arg-type]
        TypeError,
        r"conv2d: got \(Tensor, Tensor, groups=float32\)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), MISUSE)
def test_misuse(call: Callable[[], Any], kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("groups", [1, 2])
def test_no_channels_or_no_filters_give_empty_sums(groups: int) -> None:
    b = nncore.tensor([1.0, 2.0], requires_grad=True)
    x, w = nncore.zeros(3, 0, 5, 5, requires_grad=True), nncore.zeros(2, 0, 3, 3, requires_grad=True)
    y = F.conv2d(x, w, b, padding=1, groups=groups)
    assert y.shape == (3, 2, 5, 5)
    assert (y[:, 0] == 1).all()
    assert (y[:, 1] == 2).all()
    y.sum().backward()
    assert np.asarray(b.grad).tolist() == [75.0, 75.0]
    x, w = nncore.ones(2, 2 * groups, 5, 5, requires_grad=True), nncore.zeros(0, 2, 3, 3, requires_grad=True)
    y = F.conv2d(x, w, groups=groups)
    assert y.shape == (2, 0, 3, 3)
    y.sum().backward()
    assert not np.asarray(x.grad).any()
    z = F.conv_transpose2d(nncore.zeros(2, 0, 3, 3), nncore.zeros(0, 3, 2, 2), nncore.ones(3))
    assert z.shape == (2, 3, 4, 4)
    assert (z == 1).all()


@pytest.mark.parametrize(
    "settings",
    [
        {"stride": 10**6},
        {"stride": 2**30},
        {"stride": (1, 5), "padding": (0, 9)},
        {"stride": 10**5, "padding": 10**5},
        {"dilation": 10**4, "padding": "same"},
        {"dilation": 2**30, "padding": "same"},
        {"dilation": (7, 1), "padding": (7, 1)},
    ],
)
@pytest.mark.parametrize(("channels", "filters"), [(3, 4), (16, 48)])
def test_large_strides_and_dilations_cost_no_more_than_their_elements(
    settings: dict[str, Any], channels: int, filters: int
) -> None:
    arrays = (
        normal(2, channels, 8, 8, dtype=np.float64),
        normal(filters, channels, 3, 3, seed=1, dtype=np.float64),
    )
    x, w = (nncore.tensor(a, requires_grad=True) for a in arrays)
    y = F.conv2d(x, w, **settings)
    dy = normal(*y.shape, seed=2, dtype=np.float64)
    y.backward(nncore.tensor(dy))
    # the same sums by hand: each tap reads what it reaches
    sizes = [each(settings.get(k, d), 2) for k, d in (("stride", 1), ("dilation", 1))]
    given = settings.get("padding", 0)
    pads = [sizes[1][a] if given == "same" else each(given, 2)[a] for a in (0, 1)]
    truth, dx, dw = np.zeros(y.shape), np.zeros(x.shape), np.zeros(w.shape)
    for i, j, m, n in np.ndindex(*y.shape[2:], 3, 3):
        r, c = (o * s + t * d - p for o, t, s, d, p in zip((i, j), (m, n), *sizes, pads, strict=True))
        if 0 <= r < 8 and 0 <= c < 8:
            truth[:, :, i, j] += arrays[0][:, :, r, c] @ arrays[1][:, :, m, n].T
            dx[:, :, r, c] += dy[:, :, i, j] @ arrays[1][:, :, m, n]
            dw[:, :, m, n] += dy[:, :, i, j].T @ arrays[0][:, :, r, c]
    pairs: Any = ((y.detach(), truth), (x.grad, dx), (w.grad, dw))
    for found, exact in pairs:
        np.testing.assert_allclose(np.asarray(found), exact, rtol=1e-12, atol=1e-12)


def test_nan_and_infinity_spread_as_in_products() -> None:
    x = nncore.zeros(1, 1, 6, 6)
    x[0, 0, 2, 2] = float("nan")
    y = F.conv2d(x, nncore.ones(2, 1, 3, 3), padding=1).numpy()
    assert np.isnan(y[0, :, 1:4, 1:4]).all()
    assert np.isnan(y).sum() == 18
