"""Sliding windows as columns, and the sum of such columns."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor

from .module import Module
from .sizes import Sizes

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """The windows of images (N, C, H, W) or (C, H, W) as columns: (N, C * window, number of windows).

    Row c * window + i of the result has element i of each window of channel c. Errors: ValueError for a
    window larger than the padded input.

    >>> nn.Unfold(2)(nncore.ones(1, 3, 4, 5)).shape
    (1, 12, 12)
    """

    def __init__(
        self, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return _core.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Module):
    """Adds columns (N, C * window, number of windows) in their places in images (N, C, *output_size).

    The transpose of `Unfold`: elements of overlapping windows are added. Errors: ValueError for an input
    whose shape does not fit the windows of output_size.

    >>> nn.Fold((2, 3), 2)(nncore.ones(4, 2)).tolist()
    [[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]]
    """

    def __init__(
        self,
        output_size: Sizes,
        kernel_size: Sizes,
        dilation: Sizes = 1,
        padding: Sizes = 0,
        stride: Sizes = 1,
    ) -> None:
        super().__init__()
        self.output_size, self.kernel_size, self.dilation = output_size, kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return _core.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
