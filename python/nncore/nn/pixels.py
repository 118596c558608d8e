"""Layers that exchange pixels and channels."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import size

from .module import Module

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """Channels as pixels: (..., C f², H, W) to (..., C, H f, W f) with f = upscale_factor.

    y[c, h f + i, w f + j] = x[c f² + i f + j, h, w]. Errors: ValueError for channels that f² does not divide.
    Source: Shi et al. 2016.

    >>> nn.PixelShuffle(3)(nncore.ones(1, 9, 4, 4)).shape
    (1, 1, 12, 12)
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = size("PixelShuffle", "upscale_factor", upscale_factor, 1)

    def forward(self, input: Tensor) -> Tensor:
        return _core.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels as channels: (..., C, H f, W f) to (..., C f², H, W) with f = downscale_factor.

    The inverse of `PixelShuffle`. Errors: ValueError for planes whose sizes f does not divide.

    >>> nn.PixelUnshuffle(3)(nncore.ones(1, 1, 12, 12)).shape
    (1, 9, 4, 4)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = size("PixelUnshuffle", "downscale_factor", downscale_factor, 1)

    def forward(self, input: Tensor) -> Tensor:
        return _core.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of (N, C, ...) in another order: those of all groups in turn.

    y[:, i g + j] = x[:, j C / g + i] with g = groups. Errors: ValueError for channels that g does not divide.
    Source: Zhang et al. 2018.

    >>> nn.ChannelShuffle(2)(nncore.arange(4.0).reshape(1, 4, 1)).flatten().tolist()
    [0.0, 2.0, 1.0, 3.0]
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = size("ChannelShuffle", "groups", groups, 1)

    def forward(self, input: Tensor) -> Tensor:
        return _core.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
