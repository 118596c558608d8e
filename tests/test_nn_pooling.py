"""Pooling layers and functions: indices, ties, NaN, printed forms, captured steps and misuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
import pooling_oracle as oracle
from nncore import nn
from nncore.captured.step import CompiledStep
from nncore.nn import functional as F

SIZES = {1: (2, 3, 37), 2: (2, 3, 9, 21), 3: (1, 2, 6, 7, 19)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "ceil"),
    [(2, 2, 0, 1, False), (3, 2, 1, 1, True), (3, 1, 1, 1, False), (3, 4, 0, 2, True), (2, 9, 1, 1, False)],
)
def test_indices_are_those_of_the_first_maximum(
    kernel: int, stride: int, padding: int, dilation: int, ceil: bool, axes: int, dtype: Any
) -> None:
    x = np.random.default_rng(axes).integers(-2, 2, SIZES[axes]).astype(dtype)  # many equal numbers
    windows = [oracle.strided(n, kernel, stride, padding, dilation, ceil) for n in SIZES[axes][2:]]
    function = getattr(F, f"max_pool{axes}d")
    t = nncore.tensor(x)
    values, indices = function(t, kernel, stride, padding, dilation, ceil, return_indices=True)
    assert indices.dtype == nncore.int64
    np.testing.assert_array_equal(values.numpy(), oracle.largest(x, windows))
    np.testing.assert_array_equal(indices.numpy(), oracle.index_of_largest(x, windows))
    alone = function(t[0], kernel, stride, padding, dilation, ceil, return_indices=True)
    assert [a.tolist() for a in alone] == [values[0].tolist(), indices[0].tolist()]


@pytest.mark.parametrize("output", [(3, 7), (4, 5), (1, 1), (12, 30)])
def test_indices_of_adaptive_windows(output: tuple[int, int]) -> None:
    x = np.random.default_rng(0).integers(-2, 2, SIZES[2]).astype(np.float32)
    windows = [oracle.adaptive(n, m) for n, m in zip(SIZES[2][2:], output, strict=True)]
    values, indices = F.adaptive_max_pool2d(nncore.tensor(x), output, return_indices=True)
    np.testing.assert_array_equal(values.numpy(), oracle.largest(x, windows))
    np.testing.assert_array_equal(indices.numpy(), oracle.index_of_largest(x, windows))


@pytest.mark.parametrize(
    "pool", [lambda x: F.max_pool2d(x, 3, 2, 1), lambda x: F.adaptive_max_pool2d(x, (3, 4))]
)
def test_nan_is_the_largest_number(pool: Callable[[Any], Any]) -> None:
    x = np.ones((1, 1, 7, 11), np.float32)
    x[..., 3, 5] = np.nan
    y = pool(nncore.tensor(x, requires_grad=True))
    found = np.isnan(y.detach().numpy())
    assert found.any()
    assert not found.all()
    given = nncore.tensor(x, requires_grad=True)
    pool(given).sum().backward()
    assert given.grad is not None
    assert given.grad.numpy()[..., 3, 5].item() == found.sum()


def test_windows_of_minus_infinity_have_an_index_inside() -> None:
    x = nncore.full((1, 5, 7), -np.inf)
    values, indices = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    assert values.numpy().max() == -np.inf
    windows = [oracle.strided(n, 3, 2, 1) for n in (5, 7)]
    np.testing.assert_array_equal(indices.numpy(), oracle.index_of_largest(x.numpy(), windows))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_unpooling_puts_maxima_in_their_places(axes: int, rng: np.random.Generator) -> None:
    x = rng.normal(size=SIZES[axes])
    pool, back = (getattr(nn, f"{n}{axes}d") for n in ("MaxPool", "MaxUnpool"))
    values, indices = pool(3, return_indices=True)(nncore.tensor(x))
    again = back(3)(values, indices, output_size=SIZES[axes]).numpy()
    kept = again != 0
    assert again.shape == x.shape
    assert kept.sum() == values.numel()
    np.testing.assert_array_equal(again[kept], x[kept])
    assert back(3)(values, indices, SIZES[axes][2:]).tolist() == again.tolist()


def test_fractional_windows_are_random_and_seeded() -> None:
    x = nncore.arange(100.0).reshape(1, 1, 10, 10)
    found = []
    for seed in (1, 1, 2, 3):
        nncore.manual_seed(seed)
        found.append(nn.FractionalMaxPool2d(2, output_ratio=(0.6, 0.5))(x).tolist())
    assert found[0] == found[1]
    assert found[2] != found[0] or found[3] != found[0]
    assert np.shape(found[0]) == (1, 1, 6, 5)
    samples = nncore.zeros(1, 1, 2)
    layer = nn.FractionalMaxPool2d(2, 5, return_indices=True, _random_samples=samples)
    values, indices = layer(x)
    assert values.tolist() == indices.tolist()  # here an element is its position
    assert values[0, 0, 0].tolist() == [11, 13, 15, 17, 19]
    assert list(layer.state_dict()) == ["_random_samples"]


def test_norms_of_infinite_order_are_maxima() -> None:
    x = nncore.tensor([[-3.0, 2.0, 1.0, -0.5]])
    assert F.lp_pool1d(x, float("inf"), 2).tolist() == [[3, 1]]
    assert F.lp_pool1d(x, -float("inf"), 2).tolist() == [[2, 0.5]]


def test_the_gradient_of_a_norm_of_zeros_is_zero() -> None:
    x = nncore.zeros(1, 4, requires_grad=True)
    F.lp_pool1d(x, 2, 2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0, 0, 0, 0]]


def test_a_divisor_replaces_the_count() -> None:
    x = nncore.ones(1, 1, 4, 4)
    assert F.avg_pool2d(x, 2, divisor_override=8).tolist() == [[[[0.5, 0.5], [0.5, 0.5]]]]
    assert nn.AvgPool3d(2, divisor_override=-2)(nncore.ones(1, 2, 2, 2)).item() == -4


def test_unfold_makes_a_convolution_a_product(rng: np.random.Generator) -> None:
    x, w = (nncore.tensor(rng.normal(size=s)) for s in ((2, 3, 6, 7), (4, 3, 2, 3)))
    y = (w.reshape(4, -1) @ nn.Unfold((2, 3))(x)).reshape(2, 4, 5, 5).numpy()
    windows = np.lib.stride_tricks.sliding_window_view(x.numpy(), (2, 3), axis=(2, 3))
    np.testing.assert_allclose(y, np.einsum("ncyxij,ocij->noyx", windows, w.numpy()), rtol=1e-12)


def train(compiled: bool) -> list[Any]:
    """Losses and parameters of steps with every kind of pooling."""
    nncore.manual_seed(3)
    scale = nn.Parameter(nncore.ones(2, 1, 1))
    pools = nn.ModuleList([nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(3, 2, 1), nn.LPPool2d(2, 3, 2)])
    outputs = nn.ModuleList([nn.AdaptiveMaxPool2d((3, 4)), nn.AdaptiveAvgPool2d(2)])
    fractional = nn.FractionalMaxPool2d(2, output_size=4)
    optimizer = nncore.optim.SGD([scale], lr=0.01)

    def step(x: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        x = (x * scale).abs()
        loss: nncore.Tensor = fractional(x).mean()
        for pool in (*pools, *outputs):
            loss = loss + pool(x).square().mean()
        values, indices = F.max_pool2d(x, 2, return_indices=True)
        loss = loss + F.max_unpool2d(values, indices, 2, output_size=(9, 9)).square().sum()
        loss = loss + F.fold(F.unfold(x, 3), 9, 3).mean()
        loss.backward()
        optimizer.step()
        return loss

    run = nncore.compile(step) if compiled else step
    rng = np.random.default_rng(1)
    losses = [run(nncore.tensor(rng.normal(size=(3, 2, 9, 9)).astype(np.float32))).item() for _ in range(8)]
    if isinstance(run, CompiledStep):
        assert run.replays > 0
    return [losses, scale.tolist()]


def test_pooling_is_captured() -> None:
    assert train(True) == train(False)


PRINTED: dict[str, Callable[[], nn.Module]] = {
    "MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)": lambda: nn.MaxPool1d(2),
    "MaxPool2d(kernel_size=(2, 3), stride=(2, 3), padding=0, dilation=1, ceil_mode=True)": (
        lambda: nn.MaxPool2d((2, 3), ceil_mode=True)
    ),
    "MaxPool3d(kernel_size=3, stride=2, padding=1, dilation=2, ceil_mode=False)": (
        lambda: nn.MaxPool3d(3, 2, 1, 2)
    ),
    "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))": lambda: nn.AvgPool1d(2),
    "AvgPool2d(kernel_size=3, stride=2, padding=1)": lambda: nn.AvgPool2d(3, 2, 1),
    "AvgPool3d(kernel_size=3, stride=3, padding=(1, 0, 1))": lambda: nn.AvgPool3d(3, padding=(1, 0, 1)),
    "LPPool1d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)": lambda: nn.LPPool1d(2, 3),
    "LPPool2d(norm_type=1.5, kernel_size=(3, 2), stride=1, ceil_mode=True)": (
        lambda: nn.LPPool2d(1.5, (3, 2), 1, True)
    ),
    "AdaptiveAvgPool1d(output_size=4)": lambda: nn.AdaptiveAvgPool1d(4),
    "AdaptiveAvgPool2d(output_size=(None, 7))": lambda: nn.AdaptiveAvgPool2d((None, 7)),
    "AdaptiveMaxPool3d(output_size=(5, 7, 9))": lambda: nn.AdaptiveMaxPool3d((5, 7, 9)),
    "MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))": lambda: nn.MaxUnpool1d(2),
    "MaxUnpool2d(kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))": lambda: nn.MaxUnpool2d(3, 2, 1),
    "FractionalMaxPool2d()": lambda: nn.FractionalMaxPool2d(3, 2),
    "Unfold(kernel_size=(2, 3), dilation=1, padding=0, stride=1)": lambda: nn.Unfold((2, 3)),
    "Fold(output_size=(4, 5), kernel_size=2, dilation=1, padding=1, stride=2)": (
        lambda: nn.Fold((4, 5), 2, padding=1, stride=2)
    ),
}


@pytest.mark.parametrize("text", PRINTED)
def test_printed_forms_are_pytorchs(text: str) -> None:
    assert repr(PRINTED[text]()) == text


X = nncore.ones(2, 3, 8, 8)
INDEX = nncore.zeros(2, 3, 8, 8, dtype=nncore.int64)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: F.max_pool2d(X, 9), ValueError, r"max_pool2d: a window spans 9 elements .* has 8 elements"),
    (lambda: F.max_pool2d(X, 3, dilation=4), ValueError, r"spans 9 elements \(kernel_size 3, dilation 4\)"),
    (lambda: F.avg_pool2d(X, (1, 20), 1, (0, 5)), ValueError, "has 8 elements and padding 5"),
    (lambda: F.max_pool2d(X, 0), ValueError, "max_pool2d: kernel_size is 0 but must be at least 1"),
    (lambda: F.max_pool2d(X, -2), ValueError, "kernel_size is -2"),
    (lambda: F.max_pool2d(X, 2, 0), ValueError, "stride is 0 but must be at least 1"),
    (lambda: F.max_pool2d(X, 2, 1, -1), ValueError, "padding is -1 but must be 0 or more"),
    (lambda: F.max_pool2d(X, 2, 1, 0, 0), ValueError, "dilation is 0"),
    (
        lambda: F.max_pool2d(X, 2, 1, 2),
        ValueError,
        "padding is 2 but can be at most 1, half of kernel_size 2",
    ),
    (
        lambda: F.avg_pool2d(X, 3, 1, 2),
        ValueError,
        "can be at most 1, half of kernel_size 3; nn.functional.pad",
    ),
    (lambda: F.max_pool2d(X, (1, 2, 3)), ValueError, r"kernel_size is \(1, 2, 3\); expected one number or 2"),
    (lambda: F.max_pool2d(X, 2**40), ValueError, "kernel_size is 1099511627776 .* at most 2147483647"),
    (
        lambda: F.max_pool2d(X, 2**70),
        ValueError,
        r"max_pool2d: kernel_size is \d+, which does not fit in 64 bits",
    ),
    (lambda: F.max_pool2d(X, 2.0), TypeError, "max_pool2d"),  # type: ignore[arg-type]
    (lambda: F.max_pool2d(X[0, 0], 2), ValueError, r"shape \(8, 8\); expected \(N, C, H, W\) or \(C, H, W\)"),
    (lambda: F.max_pool1d(X, 2), ValueError, r"max_pool1d: .* expected \(N, C, L\) or \(C, L\)"),
    (lambda: F.avg_pool3d(X[0], 2), ValueError, r"expected \(N, C, D, H, W\)"),
    (lambda: F.max_pool2d(X.long(), 2), TypeError, "the input is int64; expected float32 or float64"),
    (lambda: F.avg_pool2d(X.half(), 2), TypeError, "^avg_pool2d: float16 only stores values"),
    (lambda: F.max_pool2d(X[..., :0], 1), ValueError, "its planes are empty"),
    (lambda: F.max_pool1d(nncore.ones(1, 2), 2, 1, 1, 3), ValueError, "window 0 .* is in the padding"),
    (lambda: F.avg_pool2d(X, 2, divisor_override=0), ValueError, "divisor_override is 0"),
    (lambda: F.adaptive_avg_pool2d(X, 0), ValueError, "output_size is 0 but must be at least 1"),
    (lambda: F.adaptive_avg_pool2d(X, (1, 2, 3)), ValueError, "output_size has 3 numbers"),
    (lambda: F.adaptive_max_pool2d(X, (2**31 - 1, 2**31 - 1)), ValueError, "more elements than memory"),
    (lambda: F.adaptive_max_pool2d(X, 2.5), TypeError, "output_size: expected an int"),
    (lambda: F.adaptive_max_pool2d(X, "a"), TypeError, "output_size: expected an int"),
    (lambda: F.lp_pool2d(X, 0, 2), ValueError, "lp_pool2d: norm_type is 0"),
    (lambda: F.lp_pool2d(X, 2, 9), ValueError, "^lp_pool2d: a window spans 9 elements"),
    (lambda: F.lp_pool2d(X, float("inf"), 2.5), TypeError, "^lp_pool2d: kernel_size is 2.5; expected an int"),  # type: ignore[arg-type]
    (lambda: F.fractional_max_pool2d(X, 2), ValueError, "give either output_size or output_ratio"),
    (lambda: F.fractional_max_pool2d(X, 2, 8), ValueError, "^fractional_max_pool2d: .* at least 9 elements"),
    (lambda: F.fractional_max_pool2d(X, "a", 3), TypeError, "^fractional_max_pool2d: kernel_size is 'a'"),  # type: ignore[arg-type]
    (lambda: F.fractional_max_pool2d(X.half(), 2, 3), TypeError, "^fractional_max_pool2d: float16 only"),
    (
        lambda: F.fractional_max_pool2d(X, 2, 3, _random_samples=[1.0]),  # type: ignore[arg-type]
        TypeError,
        "fractional_max_pool2d: _random_samples is a list; expected a Tensor",
    ),
    (lambda: F.fractional_max_pool2d(X, 2, output_ratio=1.5), ValueError, "output_ratio must be"),
    (lambda: F.fractional_max_pool2d(X, 2, output_ratio=0.0), ValueError, "output_ratio must be .* above 0"),
    (
        lambda: F.fractional_max_pool2d(X, 2, 3, _random_samples=nncore.zeros(2, 3, 3)),
        ValueError,
        r"_random_samples have shape \(2, 3, 3\) but the input \(2, 3, 8, 8\) needs \(2, 3, 2\)",
    ),
    (lambda: F.max_unpool2d(X, INDEX.int(), 2), TypeError, "max_unpool2d: indices are int32; expected int64"),
    (lambda: F.max_unpool2d(X, INDEX[0], 2), ValueError, "they must be equal"),
    (lambda: F.max_unpool2d(X, INDEX + 256, 2), IndexError, "max_unpool2d: index 256 .* size 256"),
    (lambda: F.max_unpool2d(X, INDEX - 1, 2), IndexError, "max_unpool2d: index -1"),
    (lambda: F.max_unpool2d(X, INDEX, 2, output_size=(20, 16)), ValueError, "between 15 and 17"),
    (lambda: F.max_unpool2d(X, INDEX, 2, output_size=(16,)), ValueError, "expected 2 numbers"),
    (lambda: F.max_unpool2d(X, INDEX, 2, padding=9), ValueError, "expected at least 1, use less padding"),
    (lambda: F.max_unpool2d(X, INDEX, 2, 2**31 - 1), ValueError, "more elements than memory"),
    (lambda: F.unfold(X, 9), ValueError, "unfold: a window spans 9"),
    (lambda: F.unfold(X[0, 0], 2), ValueError, r"unfold: the input has shape \(8, 8\)"),
    (lambda: F.unfold(X, 2, padding=2**31 - 1), ValueError, "more elements than memory"),
    (lambda: F.fold(nncore.ones(1, 4, 3), (2, 3), 2), ValueError, "fold: .* with 3 windows, but .* has 2"),
    (lambda: F.fold(nncore.ones(1, 5, 2), (2, 3), 2), ValueError, "5 must be a multiple of 4"),
    (lambda: F.fold(nncore.ones(4), (2, 3), 2), ValueError, "expected .N, C \\* window, windows"),
    (lambda: nn.MaxPool2d(0), ValueError, "MaxPool2d: kernel_size must be at least 1"),
    (lambda: nn.MaxPool2d("a"), TypeError, "MaxPool2d: kernel_size must be an int"),  # type: ignore[arg-type]
    (lambda: nn.AvgPool2d((2, 2, 2)), ValueError, "AvgPool2d: kernel_size has 3 numbers"),
    (lambda: nn.LPPool1d(0, 2), ValueError, "LPPool1d: norm_type is 0"),
    (lambda: nn.AdaptiveAvgPool2d((1, -1)), ValueError, "output_size must be at least 1"),
    (lambda: nn.FractionalMaxPool2d(2), ValueError, "give either output_size or output_ratio"),
    (lambda: nn.FractionalMaxPool2d(2, output_ratio=1.0), ValueError, "output_ratio must be"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
