"""Functions of all entries along one axis."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor, dtype
from nncore.errors.arguments import size, tensors

__all__ = ["maxout", "softmin"]


def softmin(input: Tensor, dim: int, *, dtype: dtype | None = None) -> Tensor:
    """y_i = exp(-x_i) / sum_j exp(-x_j) along dim; `dtype` converts the input first.

    >>> nn.functional.softmin(nncore.zeros(2), 0).tolist()
    [0.5, 0.5]
    """
    tensors("softmin", input=input)
    return _core.softmax(-input, dim, dtype=dtype)


def maxout(input: Tensor, pieces: int, dim: int = -1) -> Tensor:
    """y_i = max of x_j for j = pieces i ... pieces i + pieces - 1: the maximum of each run of entries.

    Shapes: an axis of size n becomes one of n / pieces. If several entries are the maximum, the gradient goes
    to the first. Errors: IndexError for a dim out of range; ValueError if pieces does not divide n.
    Source: Goodfellow et al. 2013, "Maxout networks", eq. 3.

    >>> nn.functional.maxout(nncore.tensor([1.0, 4.0, 3.0, 2.0]), 2).tolist()
    [4.0, 3.0]
    """
    tensors("maxout", input=input)
    size("maxout", "pieces", pieces, 1)
    if not -input.ndim <= dim < input.ndim:
        raise IndexError(f"maxout: dim {dim} is out of range for an input of shape {input.shape}")
    at = dim % input.ndim
    if input.shape[at] % pieces:
        raise ValueError(f"maxout: axis {at} of {input.shape} does not divide into pieces of {pieces}")
    largest: Tensor = input.unflatten(at, (input.shape[at] // pieces, pieces)).max(at + 1).values
    return largest
