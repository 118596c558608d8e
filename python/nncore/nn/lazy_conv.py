"""Convolutions that learn the number of their input channels from the first batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from nncore._core import Tensor, device, dtype

from .conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    PaddingMode,
)
from .lazy import Lazy
from .sizes import Sizes

__all__ = [
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]


class _LazyConvolution(Lazy):
    _count = "in_channels"

    def _features(self, input: Tensor) -> int:
        axes: int = self.cls_to_become.axes
        return input.shape[-axes - 1] if input.ndim > axes else 0

    def _full_layer(self, saved: Mapping[str, Any]) -> Any:
        shape: tuple[int, ...] = getattr(saved.get("weight"), "shape", ())
        if len(shape) < 2:
            return None
        transposed: bool = self.cls_to_become.transposed
        return self._layer(shape[0] if transposed else shape[1] * self._arguments["groups"])


class _LazyConv(_LazyConvolution):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | Literal["same", "valid"] = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        self._defer(
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
        )


class _LazyConvTranspose(_LazyConvolution):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: Literal["zeros"] = "zeros",
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        self._defer(
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            groups=groups,
            bias=bias,
            dilation=dilation,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
        )


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` whose in_channels is that of its first input; see `LazyLinear`.

    >>> layer = nn.LazyConv1d(4, 3)
    >>> layer(nncore.ones(2, 5, 8)).shape, layer
    ((2, 4, 6), Conv1d(5, 4, kernel_size=(3,), stride=(1,)))
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` whose in_channels is that of its first input; see `LazyLinear`.

    >>> nn.LazyConv2d(4, 3)(nncore.ones(2, 5, 8, 8)).shape
    (2, 4, 6, 6)
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A `Conv3d` whose in_channels is that of its first input; see `LazyLinear`.

    >>> nn.LazyConv3d(4, 1)(nncore.ones(2, 5, 2, 2, 2)).shape
    (2, 4, 2, 2, 2)
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):  # type: ignore[misc]
    """A `ConvTranspose1d` whose in_channels is that of its first input; see `LazyLinear`.

    >>> nn.LazyConvTranspose1d(4, 2, stride=2)(nncore.ones(2, 5, 8)).shape
    (2, 4, 16)
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):  # type: ignore[misc]
    """A `ConvTranspose2d` whose in_channels is that of its first input; see `LazyLinear`.

    >>> nn.LazyConvTranspose2d(4, 2, stride=2)(nncore.ones(2, 5, 8, 8)).shape
    (2, 4, 16, 16)
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):  # type: ignore[misc]
    """A `ConvTranspose3d` whose in_channels is that of its first input; see `LazyLinear`.

    >>> nn.LazyConvTranspose3d(4, 1)(nncore.ones(2, 5, 2, 2, 2)).shape
    (2, 4, 2, 2, 2)
    """

    cls_to_become = ConvTranspose3d
