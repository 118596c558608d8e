"""Batch normalisation: channels by the statistics of the batch, and of all batches once trained."""

from __future__ import annotations

from nncore import _core
from nncore._check import number, size
from nncore._core import Tensor, dtype

from .normalization import Channels

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class _BatchNorm(Channels):
    """Base: input (N, C, ...) with one of the given numbers of axes."""

    axes: tuple[int, ...]
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: dtype | None = None,
    ) -> None:
        name = type(self).__name__
        super().__init__(size(name, "num_features", num_features), eps, affine, bias, dtype)
        self.num_features = num_features
        self.momentum = None if momentum is None else number(name, "momentum", momentum, 0.0, 1.0)
        self.track_running_stats = track_running_stats
        kept, kind = track_running_stats, dtype or _core.float32
        self.register_buffer("running_mean", _core.zeros(num_features, dtype=kind) if kept else None)
        self.register_buffer("running_var", _core.ones(num_features, dtype=kind) if kept else None)
        self.register_buffer("num_batches_tracked", _core.tensor(0) if kept else None)

    def reset_running_stats(self) -> None:
        """Mean 0, variance 1 and no batches."""
        for buffer, value in (
            (self.running_mean, 0.0),
            (self.running_var, 1.0),
            (self.num_batches_tracked, 0),
        ):
            if buffer is not None:
                _core.assign_(buffer, value)

    def reset_parameters(self) -> None:
        """Weight 1 and bias 0, and statistics of no batch."""
        self.reset_running_stats()
        super().reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        name = type(self).__name__
        if input.ndim not in self.axes:
            wanted = " or ".join(map(str, self.axes))
            raise ValueError(
                f"{name}: the input has shape {input.shape}; expected {wanted} axes, (N, C, ...)"
            )
        if input.shape[1] != self.num_features:
            raise ValueError(f"{name}: {input.shape} has not {self.num_features} channels")
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

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, {self._affine_repr()}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """y = (x - mean) / sqrt(var + eps) * weight + bias for each channel of x (N, C) or (N, C, L).

    In training mean and variance are the batch's, and running_mean and running_var become (1 - momentum)
    running + momentum batch, the variance with N - 1; `momentum=None` makes them means over all batches. In
    `eval()` mode the running ones serve, unless `track_running_stats` is False.

    Shapes: weight, bias, running_mean and running_var (C,), at first 1, 0, 0, 1; num_batches_tracked ().
    Errors: ValueError for another shape and for one value a channel in training.
    Source: Ioffe and Szegedy 2015, algorithms 1 and 2.

    >>> layer = nn.BatchNorm1d(1, eps=0.0)
    >>> layer(nncore.tensor([[1.0], [3.0]])).tolist(), layer.num_batches_tracked.item()
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
