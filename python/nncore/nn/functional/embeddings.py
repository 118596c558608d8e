"""Embedding lookup: rows of a table by id, one by one or reduced over bags."""

from __future__ import annotations

from typing import Literal

from nncore import _core
from nncore._core import Tensor

__all__ = ["embedding", "embedding_bag"]

Mode = Literal["sum", "mean", "max"]


def refuse(where: str, max_norm: float | None, sparse: bool) -> None:
    """Raise for the options of PyTorch that nncore does not support."""
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
    """y[i] = weight[input[i]]; the row `padding_idx` gets no gradient.

    Errors: IndexError for an id outside [0, rows).
    """
    refuse("embedding", max_norm, sparse)
    return _core.embedding(input, weight, padding_idx, scale_grad_by_freq)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: Mode = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The elementwise mean, sum or maximum of the rows of weight for each bag of ids; 0 for an empty bag.

    Shapes: ids (bags, length), or (count,) with the start of each bag in `offsets` (bags,); result (bags,
    columns). With `include_last_offset` offsets is (bags + 1,) and ends with the end of the last bag.
    `per_sample_weights`, of the shape of the ids, multiply the rows of a sum. Ids equal to `padding_idx` are
    skipped. If several ids have the maximum, the gradient goes to the first.

    Errors: IndexError for an id outside the table and for offsets that do not rise from 0; ValueError.

    >>> table = nncore.tensor([[1.0], [10.0]])
    >>> ids, w = nncore.tensor([[0, 1]]), nncore.tensor([[2.0, 0.5]])
    >>> nn.functional.embedding_bag(ids, table, mode="sum", per_sample_weights=w).tolist()
    [[7.0]]
    """
    refuse("embedding_bag", max_norm, sparse)
    return _core.embedding_bag(
        input,
        weight,
        offsets,
        mode,
        include_last_offset,
        padding_idx,
        scale_grad_by_freq,
        per_sample_weights,
    )
