"""Normalisation and embeddings as functions, with PyTorch's arguments."""

from __future__ import annotations

import math
from typing import Literal

from nncore import _core
from nncore._core import Tensor

__all__ = ["embedding", "embedding_bag", "instance_norm", "local_response_norm", "normalize"]


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x / max(|x|_p, eps) along dim.

    >>> nn.functional.normalize(nncore.tensor([[3.0, 4.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    if p == 2:
        return _core.l2_normalize(input, dim, eps)
    size = _core.abs(input)
    if p == math.inf:
        length = size.max(dim, True).values
    else:
        length = size.sum(dim, True) if p == 1 else (size**p).sum(dim, True) ** (1 / p)
    return input / _core.clamp(length, eps, math.inf)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`group_norm` with each channel a group: mean and variance over one image of one channel.

    Running statistics are not supported. Source: Ulyanov, Vedaldi and Lempitsky 2016.
    """
    if running_mean is not None or running_var is not None or not use_input_stats:
        raise ValueError("instance_norm: running statistics are not supported; use the input's own")
    if input.ndim < 3:
        raise ValueError(f"instance_norm: the input has shape {input.shape}; expected (N, C, ...)")
    return _core.group_norm(input, input.shape[1], weight, bias, eps)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0, *, average: bool = True
) -> Tensor:
    """x / (k + alpha mean(x²))^beta, the mean over `size` neighbouring channels, those outside being 0.

    `average=False` is the paper's: alpha times their sum, so that AlexNet is size 5, alpha 1e-4, beta 0.75,
    k 2 with `average=False`. Source: Krizhevsky, Sutskever and Hinton 2012, section 3.3.
    """
    return _core.response_norm(input, size, alpha / size if average and size else alpha, beta, k)


def _refuse(where: str, max_norm: float | None, sparse: bool) -> None:
    if max_norm is not None:
        raise ValueError(f"{where}: max_norm is not supported; rescale the table yourself, under no_grad")
    if sparse:
        raise ValueError(f"{where}: sparse gradients are not supported; leave sparse=False")


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Row input[i] of weight for every i; the row `padding_idx` gets no gradient.

    Errors: IndexError for an id that is negative or not below the number of rows.
    """
    _refuse("embedding", max_norm, sparse)
    return _core.embedding(input, weight, padding_idx, scale_grad_by_freq)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: Literal["mean", "sum"] = "mean",
    sparse: bool = False,
    *,
    padding_idx: int | None = None,
) -> Tensor:
    """The mean or sum of rows of weight: ids (bags, length), or (count,) cut where `offsets` (bags,) say.

    Ids equal to `padding_idx` are left out. Mode 'max' and weights of samples are not supported.
    """
    _refuse("embedding_bag", max_norm, sparse)
    if scale_grad_by_freq:
        raise ValueError("embedding_bag: scale_grad_by_freq is not supported")
    if mode not in ("mean", "sum"):
        raise ValueError(f"embedding_bag: mode is {mode!r}; expected 'mean' or 'sum'")
    return _core.embedding_bag(input, weight, offsets, mode == "mean", padding_idx)
