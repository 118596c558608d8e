"""Activations over all entries along one axis."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import size

from . import functional
from .module import Module

__all__ = ["GLU", "LogSoftmax", "Maxout", "Softmax", "Softmin"]


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
        return functional.softmin(input, self.dim)


class LogSoftmax(_AlongAxis):
    """y_i = x_i - log sum_j exp(x_j) along the axis `dim`.

    Errors: IndexError for an axis out of range.

    >>> nn.LogSoftmax(dim=0)(nncore.zeros(1)).tolist()
    [0.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return _core.log_softmax(input, self.dim)


class GLU(_AlongAxis):
    """y = a sigmoid(b) for the halves a and b of the axis `dim`.

    Shapes: the axis must have an even size; the result has half of it. Errors: ValueError for an odd size.
    Source: Dauphin et al. 2017, eq. 1.

    >>> nn.GLU()(nncore.tensor([3.0, 0.0])).tolist()
    [1.5]
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim)

    def forward(self, input: Tensor) -> Tensor:
        return _core.glu(input, self.dim)


class Maxout(_AlongAxis):
    """The maximum of each run of `pieces` entries along the axis `dim`.

    Shapes: an axis of size n becomes one of n / pieces. Errors: ValueError if pieces does not divide n.
    Source: Goodfellow et al. 2013, eq. 3.

    >>> nn.Maxout(2)(nncore.tensor([1.0, 4.0, 3.0, 2.0])).tolist()
    [4.0, 3.0]
    """

    def __init__(self, pieces: int, dim: int = -1) -> None:
        super().__init__(dim)
        self.pieces = size("Maxout", "pieces", pieces, 1)

    def forward(self, input: Tensor) -> Tensor:
        return functional.maxout(input, self.pieces, self.dim)

    def extra_repr(self) -> str:
        return f"{self.pieces}, dim={self.dim}"
