"""Functions of all entries along one axis."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor, dtype
from nncore.errors.arguments import number, size, tensors

__all__ = ["gumbel_softmax", "maxout", "softmin"]


def softmin(input: Tensor, dim: int, *, dtype: dtype | None = None) -> Tensor:
    """y_i = exp(-x_i) / sum_j exp(-x_j) along dim; `dtype` converts the input first.

    >>> nn.functional.softmin(nncore.zeros(2), 0).tolist()
    [0.5, 0.5]
    """
    tensors("softmin", input=input)
    return _core.softmax(-input, dim, dtype=dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """y = softmax((logits + g) / tau) along dim, with new noise g = -log(-log(u)), u uniform in (0, 1).

    With `hard` y is one-hot, 1 at the maximum, and the gradient is that of the soft y. `eps` has no effect,
    as in PyTorch. Errors: ValueError unless tau > 0; IndexError for a dim out of range.
    Source: Jang, Gu and Poole 2017, "Categorical reparameterization with Gumbel-softmax", eq. 2.

    >>> y = nn.functional.gumbel_softmax(nncore.tensor([[0.0, 50.0], [50.0, 0.0]]), hard=True)
    >>> y.tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    tensors("gumbel_softmax", logits=logits)
    number("gumbel_softmax", "tau", tau, above=0.0)
    exponential = -_core.log1p(-_core.rand(logits.shape, dtype=logits.dtype))
    noise = -_core.log(exponential.clamp(min=1e-30))  # u may be 0
    soft = _core.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True).indices
    one_hot = _core.zeros_like(soft).scatter(dim, index, value=1.0)
    return one_hot - soft.detach() + soft


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
