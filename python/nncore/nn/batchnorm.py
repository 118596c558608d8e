"""Batch normalization: each channel by the statistics of the batch, or in `eval()` by running statistics."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import tensors

from .running import Running

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class _BatchNorm(Running):
    """Base: the input (N, C, ...) must have one of the numbers of axes in `axes`."""

    axes: tuple[int, ...]

    def forward(self, input: Tensor) -> Tensor:
        name = type(self).__name__
        tensors(name, input=input)
        if input.ndim not in self.axes:
            wanted = " or ".join(map(str, self.axes))
            raise ValueError(
                f"{name}: the input has shape {input.shape}; expected {wanted} axes, (N, C, ...)"
            )
        if input.shape[1] != self.num_features:
            raise ValueError(
                f"{name}: the input has shape {input.shape}; expected {self.num_features} channels in axis 1"
            )
        return _core.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self.momentum,
            self.eps,
            num_batches_tracked=self.num_batches_tracked,
        )


class BatchNorm1d(_BatchNorm):
    """y = (x - mean) / sqrt(var + eps) * weight + bias for each channel of x (N, C) or (N, C, L).

    Training uses the mean and variance of the batch, and sets running_mean and running_var to (1 - momentum)
    running + momentum batch, where the variance divides by N - 1. With `momentum=None` they are means over
    all batches. `eval()` mode uses the running statistics, unless `track_running_stats` is False.

    Shapes: weight, bias, running_mean and running_var (C,), initially 1, 0, 0, 1; num_batches_tracked ().
    Errors: ValueError for another shape, for one value per channel in training, and for eps <= 0.
    Source: Ioffe and Szegedy 2015, algorithms 1 and 2.

    >>> layer = nn.BatchNorm1d(1)
    >>> layer(nncore.tensor([[1.0], [3.0]])).round(decimals=4).tolist(), layer.num_batches_tracked.item()
    ([[-1.0], [1.0]], 1)
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for images (N, C, H, W).

    >>> nn.BatchNorm2d(3)
    BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for volumes (N, C, D, H, W).

    >>> nn.BatchNorm3d(3)(nncore.ones(1, 3, 2, 2, 2)).sum().item()
    0.0
    """

    axes = (5,)
