"""Instance normalization: each channel of each image by its own mean and variance."""

from __future__ import annotations

from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import tensors

from . import functional
from .running import Running

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _InstanceNorm(Running):
    """Base: the input is (N, C, ...) or (C, ...) with `axes` axes after the channels."""

    axes: int

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, bias=bias, device=device, dtype=dtype
        )

    def forward(self, input: Tensor) -> Tensor:
        name = type(self).__name__
        tensors(name, input=input)
        single = input.ndim == self.axes + 1
        if not single and input.ndim != self.axes + 2:
            raise ValueError(
                f"{name}: the input has shape {input.shape}; expected {self.axes + 2} axes, (N, C, ...), or "
                f"{self.axes + 1}"
            )
        if input.shape[-self.axes - 1] != self.num_features:
            raise ValueError(
                f"{name}: the input has shape {input.shape}; expected {self.num_features} channels in axis "
                f"{input.ndim - self.axes - 1}"
            )
        batch = input.unsqueeze(0) if single else input
        y = functional.instance_norm(
            batch,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self.momentum or 0.0,
            self.eps,
        )
        return y.squeeze(0) if single else y


class InstanceNorm1d(_InstanceNorm):
    """y = (x - mean) / sqrt(var + eps), mean and variance over L of x (N, C, L) or (C, L).

    `affine` multiplies by weight and adds bias, (C,) each. With `track_running_stats` running_mean and
    running_var start at 0 and 1. Training sets them to (1 - momentum) running + momentum mean over N, where
    the variance divides by L - 1; `eval()` mode uses them. num_batches_tracked stays 0, as in PyTorch.

    Errors: ValueError for another shape, for one value per channel, and for eps <= 0.
    Source: Ulyanov, Vedaldi and Lempitsky 2016, eq. 1.

    >>> nn.InstanceNorm1d(1)(nncore.tensor([[[1.0, 3.0]]])).round(decimals=4).tolist()
    [[[-1.0, 1.0]]]
    """

    axes = 1


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` for images (N, C, H, W) or (C, H, W).

    >>> nn.InstanceNorm2d(3)(nncore.ones(1, 3, 2, 2)).sum().item()
    0.0
    """

    axes = 2


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` for volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.InstanceNorm3d(3)(nncore.ones(3, 2, 2, 2)).shape
    (3, 2, 2, 2)
    """

    axes = 3
