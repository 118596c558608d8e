"""Interpolation, grids and shuffles: PyTorch's figures, printed forms, captured steps and misuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.captured.step import CompiledStep
from nncore.nn import functional as F

IMAGE = (np.arange(6.0) ** 2).reshape(1, 1, 2, 3)
# From PyTorch 2.13 in float64. Interpolation by scale_factor (1.5, 1.4) with align_corners: values, and
# gradients for dy = 0, 1, 2, ... Samples at the points: values, and for dy = 1, 2, 3 gradients of both.
FIGURES = json.loads((Path(__file__).parent / "data" / "resampling_figures.json").read_text())
POINTS = np.reshape([[-1.2, 0.3], [0.4, -0.6], [1.7, 2.1]], (1, 1, 3, 2))


def close(found: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(found.detach().numpy().reshape(-1), expected, atol=1e-6)


@pytest.mark.parametrize("name", FIGURES["interpolate"])
def test_interpolation_is_pytorchs(name: str) -> None:
    mode, corners = name.split()
    x = nncore.tensor(IMAGE, requires_grad=True)
    y = nn.Upsample(None, (1.5, 1.4), mode, {"None": None, "True": True, "False": False}[corners])(x)
    y.backward(nncore.arange(12.0, dtype=nncore.float64).reshape(y.shape))
    for found, expected in zip((y, x.grad), FIGURES["interpolate"][name], strict=True):
        close(found, expected)


@pytest.mark.parametrize("name", FIGURES["grid_sample"])
def test_samples_are_pytorchs(name: str) -> None:
    x, grid = (nncore.tensor(a, requires_grad=True) for a in (IMAGE, POINTS))
    mode, padding = name.split()
    y = F.grid_sample(x, grid, mode, padding, align_corners=False)
    y.backward(nncore.tensor(np.reshape([1.0, 2.0, 3.0], y.shape)))
    for found, expected in zip((y, x.grad, grid.grad), FIGURES["grid_sample"][name], strict=True):
        close(found, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_strange_points_read_inside(mode: str, padding: str, corners: bool, dtype: Any) -> None:
    """NaN counts as -1; infinite and huge coordinates lie beyond the ends."""
    strange = [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e18, -1e18, 1e9]
    grid = np.array([[[[c, 0.3] for c in strange], [[0.3, c] for c in strange]]], dtype)
    x = nncore.tensor(np.arange(1, 13).reshape(1, 1, 3, 4).astype(dtype), requires_grad=True)
    points = nncore.tensor(grid, requires_grad=True)
    y = F.grid_sample(x, points, mode, padding, corners)
    y.sum().backward()
    assert x.grad is not None
    assert points.grad is not None
    for t in (y.detach(), x.grad, points.grad):
        assert np.isfinite(t.numpy()).all()
    first = F.grid_sample(x, nncore.tensor(np.where(np.isnan(grid), -1, grid)), mode, padding, corners)
    assert y.tolist() == first.tolist()
    if padding == "zeros":
        assert not y.detach().numpy()[..., 1:].any()


def test_equal_sizes_give_a_copy() -> None:
    x = nncore.ones(1, 1, 2, 2)
    for y in (F.interpolate(x, 2), F.pixel_shuffle(x, 1), F.pixel_unshuffle(x, 1), F.channel_shuffle(x, 1)):
        y.zero_()
    assert x.sum().item() == 4


def test_pixels_come_back() -> None:
    x = nncore.arange(72.0).reshape(1, 2, 6, 6)
    assert nn.PixelShuffle(3)(nn.PixelUnshuffle(3)(x)).tolist() == x.tolist()
    assert (
        nn.ChannelShuffle(3)(nn.ChannelShuffle(2)(x.reshape(1, 6, 12))).tolist()
        == x.reshape(1, 6, 12).tolist()
    )
    pixels = nncore.arange(16, dtype=nncore.uint8).reshape(4, 2, 2)
    assert nncore.pixel_shuffle(pixels, 2)[0, 0].tolist() == [0, 4, 1, 5]


def test_an_identity_map_gives_the_image(rng: np.random.Generator) -> None:
    theta = nncore.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    x = nncore.tensor(rng.normal(size=(1, 2, 5, 7)).astype(np.float32))
    for corners in (False, True):
        y = F.grid_sample(x, F.affine_grid(theta, x.shape, corners), "bicubic", "border", corners)
        np.testing.assert_allclose(y.numpy(), x.numpy(), atol=1e-5)


def train(compiled: bool) -> list[Any]:
    """Losses and parameters of a spatial transformer with every kind of interpolation."""
    nncore.manual_seed(3)
    scale = nn.Parameter(nncore.ones(2, 1, 1))
    theta = nn.Parameter(nncore.tensor([[[0.9, 0.1, 0.0], [0.0, 1.1, 0.1]]]))
    layers = nn.ModuleList(
        [nn.Upsample(7, mode=mode) for mode in ("nearest", "nearest-exact", "area", "bilinear", "bicubic")]
    )
    layers.append(nn.UpsamplingBilinear2d(scale_factor=1.5))
    optimizer = nncore.optim.SGD([scale, theta], lr=0.01)

    def step(x: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        x = x * scale
        grid = F.affine_grid(theta.expand(3, 2, 3), (3, 2, 4, 6))
        y = F.grid_sample(x, grid) + F.grid_sample(x, grid, "bicubic", "reflection")
        loss: nncore.Tensor = y.square().mean()
        for layer in layers:
            loss = loss + layer(y).square().mean()
        loss = loss + (nn.PixelShuffle(2)(nn.PixelUnshuffle(2)(y)) * y).mean()
        loss.backward()
        optimizer.step()
        return loss

    run = nncore.compile(step) if compiled else step
    rng = np.random.default_rng(1)
    losses = [run(nncore.tensor(rng.normal(size=(3, 2, 9, 9)).astype(np.float32))).item() for _ in range(8)]
    if isinstance(run, CompiledStep):
        assert run.replays > 0
    return [losses, scale.tolist(), theta.tolist()]


def test_interpolation_is_captured() -> None:
    assert train(True) == train(False)


PRINTED: dict[str, Callable[[], nn.Module]] = {
    "Upsample(scale_factor=2.0, mode='nearest')": lambda: nn.Upsample(scale_factor=2),
    "Upsample(scale_factor=(2.0, 3.0), mode='nearest')": lambda: nn.Upsample(scale_factor=(2, 3)),
    "Upsample(size=(3, 4), mode='bilinear')": lambda: nn.Upsample((3, 4), mode="bilinear"),
    "UpsamplingNearest2d(scale_factor=2.0, mode='nearest')": lambda: nn.UpsamplingNearest2d(scale_factor=2),
    "UpsamplingBilinear2d(size=4, mode='bilinear')": lambda: nn.UpsamplingBilinear2d(4),
    "PixelShuffle(upscale_factor=2)": lambda: nn.PixelShuffle(2),
    "PixelUnshuffle(downscale_factor=2)": lambda: nn.PixelUnshuffle(2),
    "ChannelShuffle(groups=2)": lambda: nn.ChannelShuffle(2),
}


@pytest.mark.parametrize("text", PRINTED)
def test_printed_forms_are_pytorchs(text: str) -> None:
    assert repr(PRINTED[text]()) == text


X = nncore.ones(2, 3, 8, 8)
GRID = nncore.zeros(2, 4, 5, 2)
THETA = nncore.ones(2, 2, 3)
wrong: Any = F  # for arguments of a wrong type
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: F.interpolate(X), ValueError, "interpolate: give either size or scale_factor"),
    (lambda: F.interpolate(X, 4, 2.0), ValueError, "interpolate: give either size or scale_factor"),
    (lambda: F.interpolate(X, 0), ValueError, "interpolate: size must be at least 1, got 0"),
    (lambda: F.interpolate(X, (4, -1)), ValueError, "size must be at least 1, got -1"),
    (lambda: F.interpolate(X, (4, 4, 4)), ValueError, "size has 3 numbers; expected one number or 2"),
    (lambda: F.interpolate(X, 2**62), ValueError, "^interpolate: shape .* more elements than memory"),
    (lambda: F.interpolate(X, 2**70), ValueError, "size must be at most"),
    (lambda: wrong.interpolate(X, 2.5), TypeError, "interpolate: size must be an int"),
    (lambda: wrong.interpolate(X, X.long()), TypeError, "interpolate: size must be an int, got tensor"),
    (lambda: wrong.interpolate(X, "a"), TypeError, "interpolate: size must be an int"),
    (lambda: F.interpolate(X, scale_factor=float("nan")), ValueError, "scale_factor must be finite"),
    (lambda: F.interpolate(X, scale_factor=float("inf")), ValueError, "scale_factor must be finite"),
    (lambda: F.interpolate(X, scale_factor=0.0), ValueError, "scale_factor must be .* above 0"),
    (lambda: F.interpolate(X, scale_factor=-1.0), ValueError, "scale_factor must be .* above 0"),
    (lambda: F.interpolate(X, scale_factor=1e300), ValueError, "scale_factor must be .* at most"),
    (lambda: F.interpolate(X, scale_factor=2.0**31), ValueError, "more elements than memory"),
    (lambda: F.interpolate(X, scale_factor=0.1), ValueError, "0.1 leaves no element of an axis of 8"),
    (lambda: F.interpolate(X, scale_factor=(1.0,)), ValueError, "scale_factor has 1 numbers"),
    (lambda: wrong.interpolate(X, scale_factor="a"), TypeError, "scale_factor must be a number"),
    (lambda: F.interpolate(X, 4, mode="cubic"), ValueError, "mode is 'cubic'; expected one of 'nearest'"),
    (lambda: F.interpolate(X, 4, mode="linear"), ValueError, "mode 'linear' needs 3 axes"),
    (lambda: F.interpolate(X[0], 4, mode="bicubic"), ValueError, "mode 'bicubic' needs 4 axes"),
    (lambda: F.interpolate(X[0, 0], 4), ValueError, "needs 3 or 4 or 5 axes"),
    (lambda: F.interpolate(X, 4, align_corners=False), ValueError, "no meaning with mode 'nearest'"),
    (lambda: F.interpolate(X, 4, recompute_scale_factor=True), ValueError, "needs a scale_factor"),
    (lambda: F.interpolate(X, 4, mode="bilinear", antialias=True), ValueError, "antialias=True does not"),
    (lambda: F.interpolate(X.long(), 4), TypeError, "the input is int64; expected float32 or float64"),
    (lambda: F.interpolate(X.half(), 4), TypeError, "^interpolate: float16 only stores values; convert it"),
    (lambda: F.interpolate(X.half(), 4, mode="area"), TypeError, "^interpolate: float16 only stores values"),
    (lambda: F.interpolate(X[..., :0], 4), ValueError, "its planes are empty"),
    (lambda: nn.Upsample(), ValueError, "Upsample: give either size or scale_factor"),
    (lambda: nn.UpsamplingNearest2d(2, 2.0), ValueError, "UpsamplingNearest2d: give either"),
    (lambda: nn.Upsample(scale_factor=-2.0), ValueError, "Upsample: scale_factor must be"),
    (lambda: nn.UpsamplingBilinear2d(4)(X[0]), ValueError, "mode 'bilinear' needs 4 axes"),
    (lambda: F.grid_sample(X[0], GRID), ValueError, r"grid_sample: the input has shape \(3, 8, 8\)"),
    (lambda: F.grid_sample(X, GRID[0]), ValueError, r"grid has shape \(4, 5, 2\) but the input .* needs"),
    (lambda: F.grid_sample(X, GRID[:1]), ValueError, r"needs \(N, h, w, 2\) with N = 2"),
    (lambda: F.grid_sample(X, GRID[..., :1]), ValueError, r"needs \(N, h, w, 2\)"),
    (lambda: F.grid_sample(X[:, :, None], GRID), ValueError, r"needs \(N, d, h, w, 3\)"),
    (lambda: F.grid_sample(X, GRID.double()), TypeError, "the grid is float64 but the input is float32"),
    (lambda: F.grid_sample(X, GRID.long()), TypeError, "the grid is int64 but the input is float32"),
    (lambda: F.grid_sample(X.long(), GRID.long()), TypeError, "the input is int64; expected float32"),
    (lambda: F.grid_sample(X[..., :0], GRID), ValueError, "its planes are empty"),
    (lambda: F.grid_sample(X, GRID, "linear"), ValueError, "mode is 'linear'; expected one of 'bilinear'"),
    (lambda: F.grid_sample(X, GRID, padding_mode="same"), ValueError, "padding_mode is 'same'; expected"),
    (
        lambda: F.grid_sample(X[:, :, None], nncore.zeros(2, 1, 1, 1, 3), "bicubic"),
        ValueError,
        "mode 'bicubic' needs an input",
    ),
    (lambda: F.affine_grid(THETA, (2, 3, 4)), ValueError, "size has 3 numbers; expected"),
    (
        lambda: F.affine_grid(THETA, (1, 3, 4, 4)),
        ValueError,
        r"theta has shape \(2, 2, 3\) but size",
    ),
    (lambda: F.affine_grid(THETA, (2, 3, 0, 4)), ValueError, "affine_grid: size must be at least 1, got 0"),
    (lambda: F.affine_grid(THETA.long(), (2, 3, 4, 4)), TypeError, "theta is nncore.int64; expected float32"),
    (lambda: wrong.affine_grid(THETA, 4), TypeError, "affine_grid: size must be an iterable"),
    (lambda: F.pixel_shuffle(X, 2), ValueError, "with 3 channels; expected a multiple of 4"),
    (lambda: F.pixel_shuffle(X, 0), ValueError, "upscale_factor is 0 but must be at least 1"),
    (lambda: wrong.pixel_shuffle(X, np.float32(1.5)), TypeError, r"pixel_shuffle: got \(Tensor, float32\)"),
    (lambda: wrong.pixel_shuffle(X, nncore.tensor(1.5)), TypeError, r"pixel_shuffle: got \(Tensor, Tensor\)"),
    (lambda: F.pixel_shuffle(X, 2**40), ValueError, "upscale_factor is 1099511627776"),
    (lambda: F.pixel_shuffle(X[0, 0], 1), ValueError, r"shape \(8, 8\); expected \(..., C, H, W\)"),
    (
        lambda: F.pixel_unshuffle(X, 3),
        ValueError,
        "planes of 8 x 8; expected multiples of",
    ),
    (lambda: F.pixel_unshuffle(X, -1), ValueError, "downscale_factor is -1"),
    (lambda: F.channel_shuffle(X, 2), ValueError, "with 3 channels; expected a multiple of groups 2"),
    (lambda: F.channel_shuffle(X[0, 0], 1), ValueError, r"expected \(N, C, ...\)"),
    (lambda: nn.PixelShuffle(0), ValueError, "PixelShuffle: upscale_factor must be at least 1"),
    (lambda: nn.ChannelShuffle(-1), ValueError, "ChannelShuffle: groups must be at least 1"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
