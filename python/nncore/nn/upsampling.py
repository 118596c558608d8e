"""Layers that give planes other sizes by interpolation."""

from __future__ import annotations

from collections.abc import Sequence

from nncore._core import Tensor
from nncore.errors.arguments import number

from .functional.resampling import interpolate
from .module import Module
from .sizes import Sizes

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]

Factors = float | Sequence[float]


class Upsample(Module):
    """Planes (N, C, sizes) of one to three axes with new sizes, by interpolation; see `interpolate`.

    Errors: ValueError unless there is one of size and scale_factor.

    >>> nn.Upsample(scale_factor=2, mode="bilinear")(nncore.ones(1, 3, 4, 5)).shape
    (1, 3, 8, 10)
    """

    def __init__(
        self,
        size: Sizes | None = None,
        scale_factor: Factors | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        where = type(self).__name__
        if (size is None) == (scale_factor is None):
            raise ValueError(f"{where}: give either size or scale_factor")
        self.size = size
        self.scale_factor: float | tuple[float, ...] | None = None
        if isinstance(scale_factor, Sequence):
            self.scale_factor = tuple(number(where, "scale_factor", s, above=0.0) for s in scale_factor)
        elif scale_factor is not None:
            self.scale_factor = number(where, "scale_factor", scale_factor, above=0.0)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        given = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{given}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images (N, C, H, W) with mode 'nearest'.

    >>> nn.UpsamplingNearest2d(scale_factor=2)(nncore.ones(1, 3, 4, 5)).shape
    (1, 3, 8, 10)
    """

    def __init__(self, size: Sizes | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images (N, C, H, W) with mode 'bilinear' and align_corners.

    >>> nn.UpsamplingBilinear2d((6, 7))(nncore.ones(1, 3, 4, 5)).shape
    (1, 3, 6, 7)
    """

    def __init__(self, size: Sizes | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
