"""Convolutions and transposed convolutions over one to three axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import size, tensors, text
from nncore.errors.mismatch import called

from . import init
from .module import Module
from .parameter import Parameter
from .sizes import Sizes, checked, one_per_axis

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class _Convolution(Module):
    """Base: channels, sizes with one number per axis, weight and bias."""

    axes: ClassVar[int]
    function: ClassVar[Callable[..., Tensor]]
    transposed: ClassVar[bool] = False
    weight: Parameter
    bias: Parameter | None

    def _set(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Sizes | str,
        output_padding: Sizes,
        groups: int,
        bias: bool,
        dilation: Sizes,
        padding_mode: str,
        device: device | str | None,
        dtype: dtype | None,
    ) -> None:
        super().__init__()
        where = type(self).__name__
        self.in_channels = size(where, "in_channels", in_channels)
        self.out_channels = size(where, "out_channels", out_channels)
        self.groups = size(where, "groups", groups, 1)
        for name, channels in ("in_channels", in_channels), ("out_channels", out_channels):
            if channels % groups:
                raise ValueError(f"{where}: {name} is {channels}, which does not divide into {groups} groups")
        sizes = {"kernel_size": (kernel_size, 1), "stride": (stride, 1), "dilation": (dilation, 1)}
        sizes["output_padding"] = (output_padding, 0)
        for name, (value, least) in sizes.items():
            setattr(self, name, one_per_axis(checked(where, name, value, self.axes, least), self.axes))
        self.padding = self._checked_padding(padding)
        self.padding_mode = text(where, "padding_mode", padding_mode)
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ValueError(
                f"{where}: padding_mode is {padding_mode!r}; expected 'zeros', 'reflect', 'replicate' or "
                "'circular'"
            )
        inputs, outputs = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (inputs, outputs // groups, *self.kernel_size)
        with called(where):
            self.weight = Parameter(_core.empty(shape, device=device, dtype=dtype))
            self.bias = Parameter(_core.empty(out_channels, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]

    def _checked_padding(self, padding: Sizes | str) -> tuple[int, ...] | str:
        where = type(self).__name__
        if not isinstance(padding, str):
            found: tuple[int, ...] = one_per_axis(checked(where, "padding", padding, self.axes, 0), self.axes)
            return found
        if padding not in ("same", "valid") or self.transposed:
            wanted = "numbers" if self.transposed else "'same', 'valid' or numbers"
            raise ValueError(f"{where}: padding is {padding!r}; expected {wanted}")
        if padding == "same" and any(step != 1 for step in self.stride):
            raise ValueError(f"{where}: padding is 'same' but stride is {self.stride}; expected stride 1")
        return padding

    def reset_parameters(self) -> None:
        """Draw new values for weight and bias: uniform in ±1/sqrt(fan_in)."""
        fan_in = math.prod(self.weight.shape[1:])
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}"
        text += f", kernel_size={self.kernel_size}, stride={self.stride}"
        plain: dict[str, Any] = dict.fromkeys(("padding", "output_padding"), (0,) * self.axes)
        plain.update(dilation=(1,) * self.axes, groups=1)
        for name in ("padding", "dilation", "output_padding", "groups"):
            if (value := getattr(self, name)) != plain[name]:
                text += f", {name}={value}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class _Conv(_Convolution):
    def __init__(
        self,
        in_channels: int,
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
        self._set(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            0,
            groups,
            bias,
            dilation,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        return self._activated(input, "")

    def _activated(self, input: Tensor, activation: str) -> Tensor:
        """The output after an activation that the convolution applies itself; "" for none."""
        padding: tuple[int, ...] | str = self.padding
        if self.padding_mode != "zeros":
            tensors(type(self).__name__, input=input)
            input, padding = _core.pad(input, self._widths(), self.padding_mode), "valid"
        function = type(self).function
        return function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups, activation
        )

    def _widths(self) -> list[int]:
        """Left and right padding, the last axis first."""
        widths = []
        for axis in reversed(range(self.axes)):
            if isinstance(self.padding, str):
                total = self.dilation[axis] * (self.kernel_size[axis] - 1) if self.padding == "same" else 0
                widths += [total // 2, total - total // 2]
            else:
                widths += [self.padding[axis]] * 2
        return widths


class Conv1d(_Conv):
    r"""y[n, f, o] = bias[f] + Σ weight[f, c, k] x[n, c, o stride - padding + k dilation] over c and k.

    Shapes: x (N, C, L) or (C, L) with C = in_channels, y (N, out_channels, M), weight (out_channels,
    in_channels / groups, kernel_size), bias (out_channels,), M = (L + 2 padding - dilation (kernel_size - 1)
    - 1) // stride + 1. Each group of filters reads its own group of channels. The padding is 0, or with
    `padding_mode` a reflection, the border or the other end of the input; "same" keeps the length. Weight and
    bias start uniform in ±1/sqrt(fan_in), fan_in = in_channels / groups * kernel_size.

    Errors: ValueError for channels that do not divide into groups, for a kernel larger than the padded input
    and for other channels; TypeError for other dtypes than float32 and float64.
    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition".

    >>> nn.Conv1d(2, 4, 3, padding=1)(nncore.ones(5, 2, 8)).shape
    (5, 4, 8)
    """

    axes = 1
    function = _core.conv1d


class Conv2d(_Conv):
    """`Conv1d` for images (N, C, H, W) or (C, H, W); sizes are one number, or (height, width).

    >>> nn.Conv2d(1, 6, 5, padding=2)(nncore.ones(2, 1, 28, 28)).shape
    (2, 6, 28, 28)
    >>> nn.Conv2d(6, 12, (3, 1), stride=2, groups=3)
    Conv2d(6, 12, kernel_size=(3, 1), stride=(2, 2), groups=3)
    """

    axes = 2
    function = _core.conv2d


class Conv3d(_Conv):
    """`Conv1d` for volumes (N, C, D, H, W) or (C, D, H, W); sizes are one number, or (depth, height, width).

    >>> nn.Conv3d(1, 2, 3)(nncore.ones(1, 1, 4, 5, 6)).shape
    (1, 2, 2, 3, 4)
    """

    axes = 3
    function = _core.conv3d


class _ConvTranspose(_Convolution):
    transposed = True

    def __init__(
        self,
        in_channels: int,
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
        if padding_mode != "zeros":
            raise ValueError(f"{type(self).__name__}: padding_mode is {padding_mode!r}; expected 'zeros'")
        self._set(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            bias,
            dilation,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        more = self.output_padding if output_size is None else self._output_padding(input, output_size)
        function = type(self).function
        return function(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )

    def _output_padding(self, input: Tensor, output_size: Sequence[int]) -> list[int]:
        """The output_padding that gives `output_size`, the last axes of the output."""
        where = type(self).__name__
        tensors(where, input=input)
        wanted = [size(where, "output_size", each) for each in output_size][-self.axes :]
        if len(output_size) not in (self.axes, input.ndim) or input.ndim < self.axes:
            raise ValueError(
                f"{where}: output_size has {len(output_size)} numbers; expected {self.axes}, or {input.ndim}"
            )
        lengths = input.shape[-self.axes :]
        more = []
        for axis in range(self.axes):
            reach = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            least = (lengths[axis] - 1) * self.stride[axis] - 2 * int(self.padding[axis]) + reach
            if not least <= wanted[axis] < least + self.stride[axis]:
                raise ValueError(
                    f"{where}: output_size is {tuple(wanted)}, but axis {axis} can have {least} to "
                    f"{least + self.stride[axis] - 1} elements"
                )
            more.append(wanted[axis] - least)
        return more


class ConvTranspose1d(_ConvTranspose):
    """The transposed convolution: the gradient of a `Conv1d` with respect to its input, used as a layer.

    Shapes: x (N, C, L) or (C, L) with C = in_channels, y (N, out_channels, M), weight (in_channels,
    out_channels / groups, kernel_size), bias (out_channels,), M = (L - 1) stride - 2 padding + dilation
    (kernel_size - 1) + output_padding + 1. `output_size`, an argument of the call, replaces output_padding.
    Weight and bias start uniform in ±1/sqrt(fan_in), fan_in = out_channels / groups * kernel_size.

    Errors: ValueError for channels that do not divide into groups, an output_padding not below stride or
    dilation, an output_size out of reach and other channels; TypeError for other dtypes.
    Source: Zeiler et al. 2010, "Deconvolutional networks".

    >>> nn.ConvTranspose1d(4, 2, 2, stride=2)(nncore.ones(5, 4, 8)).shape
    (5, 2, 16)
    """

    axes = 1
    function = _core.conv_transpose1d


class ConvTranspose2d(_ConvTranspose):
    """`ConvTranspose1d` for images (N, C, H, W) or (C, H, W).

    >>> up = nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1)
    >>> x = nncore.ones(1, 4, 5, 5)
    >>> up(x).shape, up(x, output_size=(10, 10)).shape
    ((1, 2, 9, 9), (1, 2, 10, 10))
    """

    axes = 2
    function = _core.conv_transpose2d


class ConvTranspose3d(_ConvTranspose):
    """`ConvTranspose1d` for volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.ConvTranspose3d(1, 1, 2, stride=2)(nncore.ones(1, 1, 2, 3, 4)).shape
    (1, 1, 4, 6, 8)
    """

    axes = 3
    function = _core.conv_transpose3d
