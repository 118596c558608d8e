"""Fully connected layers."""

from __future__ import annotations

import math

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import size

from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Identity", "Linear"]


class Linear(Module):
    r"""y = x Wᵀ + b over the last axis.

    Shapes: x (..., in_features), y (..., out_features), weight (out_features, in_features), bias
    (out_features,). Weight and bias start uniform in ±1/sqrt(in_features), which is `init.kaiming_uniform_`
    with a = sqrt(5).

    Errors: ValueError for a negative size and for another last axis of the input; TypeError.
    Source: He et al. 2015, "Delving deep into rectifiers", eq. 14; the factor a is PyTorch's.

    >>> layer = nn.Linear(3, 2)
    >>> layer(nncore.ones(5, 3)).shape
    (5, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_features = size("Linear", "in_features", in_features)
        self.out_features = size("Linear", "out_features", out_features)
        self.weight = Parameter(_core.empty(self.out_features, self.in_features, device=device, dtype=dtype))
        self.bias = Parameter(_core.empty(self.out_features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new values for weight and bias."""
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return _core.linear(input, self.weight, self.bias)

    def _activated(self, input: Tensor, activation: str) -> Tensor:
        """The output after an activation that the product applies itself."""
        return _core.linear(input, self.weight, self.bias, activation)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """y = x; ignores the arguments of its constructor, so that it can replace any layer.

    >>> nn.Identity()(nncore.ones(2)).tolist()
    [1.0, 1.0]
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input
