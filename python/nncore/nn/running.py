"""Running statistics of each channel for batch and instance normalization."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import number, size

from .normalization import Channels

__all__ = ["Running"]


class Running(Channels):
    """Base: with `track_running_stats`, mean and variance of each channel over all batches."""

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
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        name = type(self).__name__
        super().__init__(size(name, "num_features", num_features), eps, affine, bias, device, dtype)
        self.num_features = num_features
        self.momentum = None if momentum is None else number(name, "momentum", momentum, 0.0, 1.0)
        self.track_running_stats = track_running_stats
        kept = track_running_stats
        self.register_buffer(
            "running_mean", _core.zeros(num_features, device=device, dtype=dtype) if kept else None
        )
        self.register_buffer(
            "running_var", _core.ones(num_features, device=device, dtype=dtype) if kept else None
        )
        self.register_buffer("num_batches_tracked", _core.tensor(0, device=device) if kept else None)

    def reset_running_stats(self) -> None:
        """Reset running_mean to 0, running_var to 1 and num_batches_tracked to 0."""
        for buffer, value in (
            (self.running_mean, 0.0),
            (self.running_var, 1.0),
            (self.num_batches_tracked, 0),
        ):
            if buffer is not None:
                _core.assign_(buffer, value)

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0, and reset the running statistics."""
        self.reset_running_stats()
        super().reset_parameters()

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, {self._affine_repr()}, "
            f"track_running_stats={self.track_running_stats}"
        )
