"""Pooling layers whose windows follow from the size of the output."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number, optional_tensors, size

from . import functional
from .module import Module
from .sizes import Sizes, checked, one_per_axis

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
]

OutputSizes = int | None | Sequence[int | None]


class _AdaptiveAvgPool(Module):
    axes: ClassVar[int]
    function: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSizes) -> None:
        super().__init__()
        where = type(self).__name__
        several = isinstance(output_size, Sequence) and not isinstance(output_size, str | bytes)
        given = tuple(output_size) if several else (output_size,)  # type: ignore[arg-type]
        if len(given) not in (1, self.axes):
            raise ValueError(
                f"{where}: output_size has {len(given)} numbers; expected an int or {self.axes} of them"
            )
        sizes = tuple(None if n is None else size(where, "output_size", n, 1) for n in given)
        self.output_size = sizes if several else sizes[0]

    def forward(self, input: Tensor) -> Any:
        return self.function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_AdaptiveAvgPool):
    def __init__(self, output_size: OutputSizes, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return self.function(  # type: ignore[no-any-return]
            input, self.output_size, self.return_indices
        )


class _FractionalMaxPool(Module):
    axes: ClassVar[int]
    function: ClassVar[Callable[..., Tensor | tuple[Tensor, Tensor]]]

    def __init__(
        self,
        kernel_size: Sizes,
        output_size: Sizes | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        where, axes = type(self).__name__, self.axes
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{where}: give either output_size or output_ratio")
        optional_tensors(where, _random_samples=_random_samples)
        self.kernel_size = one_per_axis(checked(where, "kernel_size", kernel_size, axes), axes)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size: tuple[int, ...] | None = None
        self.output_ratio: tuple[float, ...] | None = None
        if output_size is not None:
            self.output_size = one_per_axis(checked(where, "output_size", output_size, axes), axes)
        else:
            ratios = one_per_axis(output_ratio, axes)
            if len(ratios) != axes:
                raise ValueError(
                    f"{where}: output_ratio has {len(ratios)} numbers; expected one number or {axes}"
                )
            one = math.nextafter(1.0, 0.0)
            self.output_ratio = tuple(number(where, "output_ratio", r, 0.0, one, above=0.0) for r in ratios)

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return self.function(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            self._random_samples,
        )


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The maximum of each of output_size windows of signals (N, C, L) or (C, L).

    output_size None keeps the size of the input. Window i of m along an axis of n elements begins at
    floor(i n / m) and ends before ceil((i + 1) n / m). With return_indices, returns (values, indices) as
    `MaxPool1d` does. Errors: ValueError for an output_size below 1.

    >>> nn.AdaptiveMaxPool1d(3)(nncore.ones(1, 5)).shape
    (1, 3)
    """

    axes = 1
    function = staticmethod(_core.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """`AdaptiveMaxPool1d` over images (N, C, H, W) or (C, H, W).

    >>> nn.AdaptiveMaxPool2d(3)(nncore.ones(1, 5, 5)).shape
    (1, 3, 3)
    """

    axes = 2
    function = staticmethod(_core.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """`AdaptiveMaxPool1d` over volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.AdaptiveMaxPool3d(3)(nncore.ones(1, 5, 5, 5)).shape
    (1, 3, 3, 3)
    """

    axes = 3
    function = staticmethod(_core.adaptive_max_pool3d)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The mean of each of output_size windows of signals (N, C, L) or (C, L).

    output_size None keeps the size of the input. Window i of m along an axis of n elements begins at
    floor(i n / m) and ends before ceil((i + 1) n / m). Errors: ValueError for an output_size below 1.

    >>> nn.AdaptiveAvgPool1d(3)(nncore.ones(1, 5)).shape
    (1, 3)
    """

    axes = 1
    function = staticmethod(_core.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """`AdaptiveAvgPool1d` over images (N, C, H, W) or (C, H, W).

    >>> nn.AdaptiveAvgPool2d(3)(nncore.ones(1, 5, 5)).shape
    (1, 3, 3)
    """

    axes = 2
    function = staticmethod(_core.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """`AdaptiveAvgPool1d` over volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.AdaptiveAvgPool3d(3)(nncore.ones(1, 5, 5, 5)).shape
    (1, 3, 3, 3)
    """

    axes = 3
    function = staticmethod(_core.adaptive_avg_pool3d)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The maximum of windows that begin at random steps in images (N, C, H, W) or (C, H, W).

    Give output_size, or output_ratio between 0 and 1; `functional.fractional_max_pool2d` has the formula.
    Errors: ValueError for both or none of them, and if the windows do not fit. Source: Graham 2014.

    >>> nn.FractionalMaxPool2d(2, output_ratio=0.5)(nncore.ones(1, 6, 6)).shape
    (1, 3, 3)
    """

    axes = 2
    function = staticmethod(functional.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPool):
    """`FractionalMaxPool2d` over volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.FractionalMaxPool3d(2, output_ratio=0.5)(nncore.ones(1, 6, 6, 6)).shape
    (1, 3, 3, 3)
    """

    axes = 3
    function = staticmethod(functional.fractional_max_pool3d)
