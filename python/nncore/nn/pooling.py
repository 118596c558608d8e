"""Pooling layers: the maximum, mean or norm of windows of planes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import real

from . import functional
from .module import Module
from .sizes import Sizes, checked, one_per_axis

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _Windows(Module):
    """Base of layers with kernel_size, stride and padding for `axes` axes."""

    axes: ClassVar[int]
    function: ClassVar[Callable[..., Any]]
    expands: ClassVar[bool] = False  # sizes are kept with one number per axis

    def __init__(self, kernel_size: Sizes, stride: Sizes | None, padding: Sizes) -> None:
        super().__init__()
        where = type(self).__name__
        self.kernel_size = self._kept(checked(where, "kernel_size", kernel_size, self.axes))
        step = kernel_size if stride is None else stride
        self.stride = self._kept(checked(where, "stride", step, self.axes))
        self.padding = self._kept(checked(where, "padding", padding, self.axes, 0))

    def _kept(self, sizes: int | tuple[int, ...]) -> int | tuple[int, ...]:
        return one_per_axis(sizes, self.axes) if self.expands else sizes

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _MaxPool(_Windows):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.dilation = checked(type(self).__name__, "dilation", dilation, self.axes)
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return self.function(  # type: ignore[no-any-return]
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, dilation={self.dilation}, ceil_mode={self.ceil_mode}"


class _AvgPool(_Windows):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return self.function(  # type: ignore[no-any-return]
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _LPPool(Module):
    axes: ClassVar[int]
    function: ClassVar[Callable[..., Tensor]]

    def __init__(
        self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        where = type(self).__name__
        if real(where, "norm_type", norm_type) == 0:
            raise ValueError(f"{where}: norm_type is 0; expected another number")
        self.norm_type = norm_type
        self.kernel_size = checked(where, "kernel_size", kernel_size, self.axes)
        self.stride = None if stride is None else checked(where, "stride", stride, self.axes)
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class _MaxUnpool(_Windows):
    expands = True

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__(kernel_size, stride, padding)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self.function(  # type: ignore[no-any-return]
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxPool1d(_MaxPool):
    """The maximum of each window of signals (N, C, L) or (C, L).

    stride is by default kernel_size. The padding counts as -infinity. With ceil_mode, a last window that
    begins inside the input may extend beyond it. With return_indices, returns (values, indices): int64
    positions in the flattened signal. Errors: ValueError for a window larger than the padded input, for a
    padding of more than half a window, and for a dilated window that lies in the padding, for which PyTorch
    returns -infinity and an index outside the signal. Source: Ranzato et al. 2007.

    >>> nn.MaxPool1d(2)(nncore.ones(1, 4)).shape
    (1, 2)
    """

    axes = 1
    function = staticmethod(_core.max_pool1d)


class MaxPool2d(_MaxPool):
    """`MaxPool1d` over images (N, C, H, W) or (C, H, W).

    >>> nn.MaxPool2d(2)(nncore.ones(1, 4, 4)).shape
    (1, 2, 2)
    """

    axes = 2
    function = staticmethod(_core.max_pool2d)


class MaxPool3d(_MaxPool):
    """`MaxPool1d` over volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.MaxPool3d(2)(nncore.ones(1, 4, 4, 4)).shape
    (1, 2, 2, 2)
    """

    axes = 3
    function = staticmethod(_core.max_pool3d)


class AvgPool1d(_AvgPool):
    """The mean of each window of signals (N, C, L) or (C, L).

    stride is by default kernel_size. The padding counts as 0; with count_include_pad=False it does not count.
    With ceil_mode, a last window that begins inside the input may extend beyond it. Errors: ValueError for a
    window larger than the padded input and for a padding of more than half a window.

    >>> nn.AvgPool1d(2)(nncore.ones(1, 4)).shape
    (1, 2)
    """

    axes = 1
    function = staticmethod(_core.avg_pool1d)
    expands = True

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)

    def forward(self, input: Tensor) -> Tensor:
        return _core.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


class AvgPool2d(_AvgPool):
    """`AvgPool1d` over images (N, C, H, W) or (C, H, W).

    >>> nn.AvgPool2d(2)(nncore.ones(1, 4, 4)).shape
    (1, 2, 2)
    """

    axes = 2
    function = staticmethod(_core.avg_pool2d)


class AvgPool3d(_AvgPool):
    """`AvgPool1d` over volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.AvgPool3d(2)(nncore.ones(1, 4, 4, 4)).shape
    (1, 2, 2, 2)
    """

    axes = 3
    function = staticmethod(_core.avg_pool3d)


class LPPool1d(_LPPool):
    """(sum x^p)^(1/p) over each window of signals (N, C, L) or (C, L), with p = norm_type.

    p = infinity gives the maximum of |x|, p = 1 the sum. The gradient is 0 where the sum is 0. stride is by
    default kernel_size. Errors: ValueError if p is 0, and those of `AvgPool1d`.

    >>> nn.LPPool1d(2, 2)(nncore.ones(1, 4)).shape
    (1, 2)
    """

    axes = 1
    function = staticmethod(functional.lp_pool1d)


class LPPool2d(_LPPool):
    """`LPPool1d` over images (N, C, H, W) or (C, H, W).

    >>> nn.LPPool2d(2, 2)(nncore.ones(1, 4, 4)).shape
    (1, 2, 2)
    """

    axes = 2
    function = staticmethod(functional.lp_pool2d)


class LPPool3d(_LPPool):
    """`LPPool1d` over volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.LPPool3d(2, 2)(nncore.ones(1, 4, 4, 4)).shape
    (1, 2, 2, 2)
    """

    axes = 3
    function = staticmethod(functional.lp_pool3d)


class MaxUnpool1d(_MaxUnpool):
    """Puts numbers at the indices that `MaxPool1d` returned, in signals (N, C, L) or (C, L) of zeros.

    A result has (n - 1) stride + kernel_size - 2 padding elements along an axis of n, or output_size, which
    may differ by less than the stride. Of several numbers with one index, the last counts. Errors: IndexError
    for an index outside the signal. Source: Zeiler and Fergus 2014.

    >>> y, at = nn.MaxPool1d(2, return_indices=True)(nncore.ones(1, 4))
    >>> nn.MaxUnpool1d(2)(y, at).sum().item()
    2.0
    """

    axes = 1
    function = staticmethod(_core.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """`MaxUnpool1d` for images (N, C, H, W) or (C, H, W).

    >>> y, at = nn.MaxPool2d(2, return_indices=True)(nncore.ones(1, 4, 4))
    >>> nn.MaxUnpool2d(2)(y, at).sum().item()
    4.0
    """

    axes = 2
    function = staticmethod(_core.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """`MaxUnpool1d` for volumes (N, C, D, H, W) or (C, D, H, W).

    >>> y, at = nn.MaxPool3d(2, return_indices=True)(nncore.ones(1, 4, 4, 4))
    >>> nn.MaxUnpool3d(2)(y, at).sum().item()
    8.0
    """

    axes = 3
    function = staticmethod(_core.max_unpool3d)
