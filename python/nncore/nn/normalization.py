"""Normalization layers: rows or groups of channels scaled to mean 0 and variance 1, or to a given length."""

from __future__ import annotations

from collections.abc import Sequence

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import number, size

from . import functional, init
from .module import Module
from .parameter import Parameter

__all__ = [
    "GroupNorm",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


def _sizes(where: str, shape: int | Sequence[int]) -> tuple[int, ...]:
    sizes = (shape,) if not isinstance(shape, Sequence) else tuple(shape)
    return tuple(size(where, "normalized_shape", n) for n in sizes)


class LayerNorm(Module):
    r"""y = (x - mean) / sqrt(var + eps) * weight + bias, mean and variance over the last axes.

    Shapes: x (..., *normalized_shape), weight and bias of shape normalized_shape; weight starts at 1, bias
    at 0. Errors: ValueError for other last axes of the input and for eps <= 0.
    Source: Ba, Kiros and Hinton 2016, eq. 4.

    >>> layer = nn.LayerNorm(2)
    >>> layer
    LayerNorm((2,), eps=1e-05, elementwise_affine=True, bias=True)
    >>> layer(nncore.tensor([[1.0, 3.0]])).round().tolist()
    [[-1.0, 1.0]]
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _sizes("LayerNorm", normalized_shape)
        self.eps = number("LayerNorm", "eps", eps, above=0.0)
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        self.weight = (
            Parameter(_core.empty(shape, device=device, dtype=dtype)) if elementwise_affine else None
        )
        self.bias = (
            Parameter(_core.empty(shape, device=device, dtype=dtype)) if elementwise_affine and bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return _core.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    r"""y = x / sqrt(mean(x²) + eps) * weight, the mean over the last axes.

    Shapes: x (..., *normalized_shape), weight of shape normalized_shape, initially 1. eps is by default the
    machine epsilon of the dtype. Errors: ValueError for other last axes of the input and for eps <= 0.
    Source: Zhang and Sennrich 2019, eq. 4.

    >>> nn.RMSNorm(2)(nncore.tensor([[3.0, -3.0]])).tolist()
    [[1.0, -1.0]]
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _sizes("RMSNorm", normalized_shape)
        self.eps = None if eps is None else number("RMSNorm", "eps", eps, above=0.0)
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        self.weight = (
            Parameter(_core.empty(shape, device=device, dtype=dtype)) if elementwise_affine else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return _core.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class Channels(Module):
    """Base: one weight and one bias per channel."""

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        channels: int,
        eps: float,
        affine: bool,
        bias: bool,
        device: device | str | None,
        dtype: dtype | None,
    ) -> None:
        super().__init__()
        self.eps = number(type(self).__name__, "eps", eps, above=0.0)
        self.affine = affine
        self.weight = Parameter(_core.ones(channels, device=device, dtype=dtype)) if affine else None
        self.bias = Parameter(_core.zeros(channels, device=device, dtype=dtype)) if affine and bias else None

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _affine_repr(self) -> str:
        return f"affine={self.affine}, bias={self.bias is not None}"


class GroupNorm(Channels):
    r"""y = (x - mean) / sqrt(var + eps) * weight + bias, mean and variance over each group of channels.

    Shapes: x (N, num_channels, ...), weight and bias (num_channels,), initially 1 and 0.
    Errors: ValueError if num_groups does not divide num_channels, and for eps <= 0.
    Source: Wu and He 2018, eq. 7.

    >>> nn.GroupNorm(2, 4)
    GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)
    >>> nn.GroupNorm(1, 2)(nncore.tensor([[1.0, 3.0]])).round(decimals=4).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        self_groups = size("GroupNorm", "num_groups", num_groups, 1)
        self_channels = size("GroupNorm", "num_channels", num_channels)
        if self_channels % self_groups:
            raise ValueError(
                f"GroupNorm: num_channels {num_channels} must be a multiple of num_groups {num_groups}"
            )
        super().__init__(self_channels, eps, affine, bias, device, dtype)
        self.num_groups = self_groups
        self.num_channels = self_channels

    def forward(self, input: Tensor) -> Tensor:
        return _core.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, {self._affine_repr()}"


class LocalResponseNorm(Module):
    """y = x / (k + alpha mean(x²))^beta, the mean over `size` neighboring channels of x (N, C, ...).

    `average=False` takes alpha times the sum, as the paper does. Errors: ValueError for fewer than 3 axes.
    Source: Krizhevsky, Sutskever and Hinton 2012, section 3.3.

    >>> nn.LocalResponseNorm(2)
    LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)
    """

    def __init__(
        self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0, *, average: bool = True
    ) -> None:
        super().__init__()
        self.size = size
        self.alpha = number("LocalResponseNorm", "alpha", alpha)
        self.beta = number("LocalResponseNorm", "beta", beta)
        self.k = number("LocalResponseNorm", "k", k)
        self.average = average

    def forward(self, input: Tensor) -> Tensor:
        return functional.local_response_norm(
            input, self.size, self.alpha, self.beta, self.k, average=self.average
        )

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
