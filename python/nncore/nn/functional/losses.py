"""Losses as functions: PyTorch's order of arguments, and losses that consist of several calls."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number, optional_tensors, tensors

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cosine_similarity",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "pairwise_distance",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
]

Reduction = Literal["none", "mean", "sum"]

# `reduction` replaced size_average and reduce. They keep their positions; the core raises if they are given.

l1_loss = _core.l1_loss
smooth_l1_loss = _core.smooth_l1_loss
huber_loss = _core.huber_loss
soft_margin_loss = _core.soft_margin_loss
hinge_embedding_loss = _core.hinge_embedding_loss
multi_margin_loss = _core.multi_margin_loss


def _broadcast(where: str, name: str, weight: Tensor | None, input: Tensor) -> Tensor | None:
    """`weight` broadcast to the shape of the input."""
    tensors(where, input=input)
    optional_tensors(where, **{name: weight})
    return weight if weight is None or weight.shape == input.shape else weight.expand(*input.shape)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """-t ln x - (1 - t) ln(1 - x) of probabilities x and t; logarithms are clamped to at least -100.

    Errors: ValueError for an input or a target outside [0, 1].
    """
    return _core.binary_cross_entropy(
        input,
        target,
        weight=_broadcast("binary_cross_entropy", "weight", weight, input),
        size_average=size_average,
        reduce=reduce,
        reduction=reduction,
    )


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: Reduction = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of sigmoid(input), without overflow; `pos_weight` multiplies -t ln x."""
    return _core.binary_cross_entropy_with_logits(
        input,
        target,
        _broadcast("binary_cross_entropy_with_logits", "pos_weight", pos_weight, input),
        _broadcast("binary_cross_entropy_with_logits", "weight", weight, input),
        size_average=size_average,
        reduce=reduce,
        reduction=reduction,
    )


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: None = None,
    reduce: None = None,
    reduction: Literal["none", "mean", "sum", "batchmean"] = "mean",
    log_target: bool = False,
) -> Tensor:
    """t (ln t - x) of log-probabilities x, or e^t (t - x) with `log_target`."""
    loss = _core.kl_div_log if log_target else _core.kl_div
    if reduction != "batchmean":
        return loss(input, target, size_average, reduce, reduction)
    total = loss(input, target, size_average, reduce, "sum")
    return total / input.shape[0] if input.ndim else total


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: None = None,
    eps: float = 1e-8,
    reduce: None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """e^x - t x, or x - t ln(x + eps) without `log_input`; `full` adds Stirling's ln t! where t > 1."""
    if log_input:
        loss = _core.poisson_nll_loss_log(input, target, size_average, reduce, reduction)
    else:
        loss = _core.poisson_nll_loss(input, target, eps, size_average, reduce, reduction)
    return loss + _core.stirling(target, reduction) if full else loss


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> Tensor:
    """(ln v + (x - t)² / v) / 2 with v = max(var, eps); `full` adds ln(2 pi) / 2.

    `var` may be a number, or have size 1 in the last axis, or lack that axis.
    """
    tensors("gaussian_nll_loss", input=input, target=target)
    if not isinstance(var, Tensor):
        var = _core.full(input.shape, number("gaussian_nll_loss", "var", var, 0.0), dtype=input.dtype)
    elif var.shape != input.shape:
        if var.shape == input.shape[:-1]:
            var = var.unsqueeze(-1)
        elif var.shape != (*input.shape[:-1], 1):
            raise ValueError(
                f"gaussian_nll_loss: var has shape {var.shape} but the input {input.shape}; expected the "
                "input's shape, where the last axis may be 1 or missing"
            )
        var = var.expand(*input.shape)
    number("gaussian_nll_loss", "eps", eps, above=0.0)
    constant = 0.5 * math.log(2 * math.pi) if full else 0.0
    return _core.gaussian_nll_loss(input, target, var, s0=eps, s1=constant, reduction=reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: None = None,
    reduce: None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """max(0, -t (x1 - x2) + margin): x1 should rank above x2 if t is 1, and below x2 if t is -1."""
    return _core.margin_ranking_loss(
        input1, input2, target, s0=margin, size_average=size_average, reduce=reduce, reduction=reduction
    )


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """The mean of `binary_cross_entropy_with_logits` over the classes of each sample."""
    loss = binary_cross_entropy_with_logits(input, target, weight, size_average, reduce, reduction)
    if reduction == "none":
        return loss.mean(-1)
    return loss if reduction == "mean" else loss / input.shape[-1]


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along dim; x1 and x2 broadcast."""
    tensors("cosine_similarity", x1=x1, x2=x2)
    if x1.shape != x2.shape:
        try:
            shape = np.broadcast_shapes(x1.shape, x2.shape)
        except ValueError:
            raise ValueError(
                f"cosine_similarity: x1 has shape {x1.shape} and x2 {x2.shape}; they must broadcast"
            ) from None
        x1, x2 = x1.expand(*shape), x2.expand(*shape)
    return (_core.l2_normalize(x1, dim, eps) * _core.l2_normalize(x2, dim, eps)).sum(dim)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: None = None,
    reduce: None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """1 - cos(x1, x2) if t is 1, max(0, cos(x1, x2) - margin) if t is -1.

    cos(x1, x2) = x1 . x2 / sqrt((|x1|² + 1e-12) (|x2|² + 1e-12)), so that the gradient exists at 0.
    """
    tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    if input1.shape != input2.shape:
        raise ValueError(
            f"cosine_embedding_loss: input1 has shape {input1.shape} but input2 {input2.shape}; "
            "they must be equal"
        )
    squares1, squares2 = ((x * x).sum(-1) + 1e-12 for x in (input1, input2))
    cosine = (input1 * input2).sum(-1) / (squares1 * squares2).sqrt()
    return _core.cosine_embedding_loss(
        cosine, target.to(cosine.dtype), margin, size_average, reduce, reduction
    )


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """(sum |x1 - x2 + eps|^p)^(1/p) over the last axis."""
    tensors("pairwise_distance", x1=x1, x2=x2)
    return (x1 - x2 + eps).norm(p, -1, keepdim)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: None = None,
    reduce: None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), where d is `pairwise_distance`.

    `swap` replaces d(anchor, negative) by d(positive, negative) if that is smaller.
    """
    tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    if not anchor.shape == positive.shape == negative.shape:
        raise ValueError(
            f"triplet_margin_loss: anchor {anchor.shape}, positive {positive.shape} and negative "
            f"{negative.shape} must have the same shape"
        )
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = _core.minimum(far, pairwise_distance(positive, negative, p, eps))
    return _core.margin_ranking_loss(
        far, near, s0=margin, size_average=size_average, reduce=reduce, reduction=reduction
    )


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | tuple[int, ...] | list[int],
    target_lengths: Tensor | tuple[int, ...] | list[int],
    blank: int = 0,
    reduction: Reduction = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-ln of the total probability of all alignments of the targets with the steps (Graves et al. 2006).

    The gradient treats the log-probabilities as independent; after `log_softmax` it equals PyTorch's. The
    mean divides each sample's loss by the length of its target. With `zero_infinity` a target that is too
    long to align counts 0.
    """
    tensors("ctc_loss", log_probs=log_probs, targets=targets)
    for name, given in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if not isinstance(given, (Tensor, tuple, list)):
            raise TypeError(f"ctc_loss: {name} is a {type(given).__name__}; expected a Tensor or a list")
    inputs = input_lengths if isinstance(input_lengths, Tensor) else _core.tensor(list(input_lengths))
    lengths = target_lengths if isinstance(target_lengths, Tensor) else _core.tensor(list(target_lengths))
    if log_probs.ndim != 2:
        return _core.ctc_loss(log_probs, targets, inputs, lengths, blank, reduction, zero_infinity)
    loss = _core.ctc_loss(
        log_probs.unsqueeze(1),
        targets,
        inputs.reshape(1),
        lengths.reshape(1),
        blank,
        reduction,
        zero_infinity,
    )
    return loss.reshape(()) if reduction == "none" else loss
