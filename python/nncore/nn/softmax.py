"""Activations that make the entries along one axis a distribution."""

from __future__ import annotations

from nncore import _core
from nncore._check import size
from nncore._core import Tensor

from .module import Module

__all__ = ["LogSoftmax", "Softmax", "Softmin"]


class _AlongAxis(Module):
    """Base: a function of all entries along the axis `dim`, which has no default."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = size(type(self).__name__, "dim", dim, -64)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """y_i = exp(x_i) / sum_j exp(x_j) along the axis `dim`.

    Errors: IndexError for an axis out of range. Source: Bridle 1990.

    >>> nn.Softmax(dim=1)(nncore.zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return _core.softmax(input, self.dim)


class Softmin(_AlongAxis):
    """y_i = exp(-x_i) / sum_j exp(-x_j) along the axis `dim`.

    Errors: IndexError for an axis out of range.

    >>> nn.Softmin(dim=0)(nncore.zeros(2)).tolist()
    [0.5, 0.5]
    """

    def forward(self, input: Tensor) -> Tensor:
        return _core.softmax(-input, self.dim)


class LogSoftmax(_AlongAxis):
    """y_i = x_i - log sum_j exp(x_j) along the axis `dim`.

    Errors: IndexError for an axis out of range.

    >>> nn.LogSoftmax(dim=0)(nncore.zeros(1)).tolist()
    [0.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return _core.log_softmax(input, self.dim)
