"""Functions of the entries along one axis."""

from __future__ import annotations

from nncore import _core
from nncore._check import size, tensors
from nncore._core import Tensor, dtype

__all__ = ["maxout", "softmin"]


def softmin(input: Tensor, dim: int, *, dtype: dtype | None = None) -> Tensor:
    """y_i = exp(-x_i) / sum_j exp(-x_j) along dim, of the input as `dtype` where that is given.

    >>> nn.functional.softmin(nncore.zeros(2), 0).tolist()
    [0.5, 0.5]
    """
    tensors("softmin", input=input)
    return _core.softmax(-input, dim, dtype=dtype)


def maxout(input: Tensor, pieces: int, dim: int = -1) -> Tensor:
    """y_i = max of x_j for j = pieces i ... pieces i + pieces - 1: the largest of each run of entries of dim.

    Shapes: dim has a size that divides by pieces, of which the result has size / pieces. The gradient goes to
    the first of the largest. Errors: ValueError where it does not divide.
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
