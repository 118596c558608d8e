"""Attention as one kernel, and composed of simple operations."""

from __future__ import annotations

import math

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number, optional_tensors, tensors

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(scale · query keyᵀ + attn_mask) value for each head, without storing the scores.

    Shapes: query (..., heads, L, E), key (..., heads, S, E), value (..., heads, S, Ev), result (..., heads,
    L, Ev). attn_mask broadcasts to (..., heads, L, S). A bool mask is True for the keys that a query attends
    to; other masks are added to the scores. With `is_causal` query i attends to the keys 0..i. `scale` is
    1/sqrt(E) by default. With `enable_gqa` query may have a multiple of the heads of key and value; each head
    of key and value then serves that many consecutive heads of query. A query without keys gives 0. A masked
    key (False, -inf or excluded by `is_causal`) changes neither result nor gradient, even if its key or value
    is NaN or infinite. `dropout_p` always applies; pass 0 outside training.

    Errors: ValueError for shapes that do not fit, TypeError for dtypes.
    Source: Vaswani et al. 2017, "Attention is all you need", eq. 1; computed as in Dao et al. 2022,
    "FlashAttention".

    >>> q, k, v = nncore.zeros(1, 2, 4), nncore.zeros(1, 3, 4), nncore.tensor([[[1.0], [2.0], [6.0]]])
    >>> nn.functional.scaled_dot_product_attention(q, k, v).tolist()
    [[[3.0], [3.0]]]
    """
    p = number("scaled_dot_product_attention", "dropout_p", dropout_p, 0, 1)
    optional_tensors("scaled_dot_product_attention", attn_mask=attn_mask)
    if attn_mask is not None and attn_mask.requires_grad:
        tensors("scaled_dot_product_attention", query=query, key=key, value=value)
        return composed(query, key, value, attn_mask, p, is_causal, scale, enable_gqa)[0]
    return _core.attention(query, key, value, attn_mask, is_causal, scale, enable_gqa, p)


def _repeated(x: Tensor, times: int) -> Tensor:
    """(..., heads, rows, width) with each head repeated `times` times."""
    *lead, heads, rows, width = x.shape
    return x.unsqueeze(-3).expand(*lead, heads, times, rows, width).reshape(*lead, heads * times, rows, width)


def composed(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
    scale: float | None,
    enable_gqa: bool = False,
) -> tuple[Tensor, Tensor]:
    """Attention composed of simple operations; returns (result, probabilities)."""
    if enable_gqa and query.shape[-3] != key.shape[-3]:
        times = query.shape[-3] // key.shape[-3]
        key, value = _repeated(key, times), _repeated(value, times)
    if is_causal:
        if mask is not None:
            raise ValueError(
                "scaled_dot_product_attention: a mask and is_causal cannot be combined; put the triangle "
                "into the mask"
            )
        rows, keys = _core.arange(query.shape[-2]), _core.arange(key.shape[-2])
        mask = keys <= rows.unsqueeze(1)
    factor = max(query.shape[-1], 1) ** -0.5 if scale is None else scale
    if mask is None:
        weights = _dropped(_core.softmax((query * factor) @ key.transpose(-2, -1), -1), dropout_p)
        return weights @ value, weights
    # The products use 0 in place of NaN and infinity, because 0 times those is NaN. A query that attends to
    # such a row gets NaN afterwards.
    seen = mask if mask.dtype == _core.bool else mask != -math.inf
    key, strange_keys = _finite(key)
    value, strange_values = _finite(value)
    scores = (query * factor) @ key.transpose(-2, -1)
    scores = _core.where(strange_keys.unsqueeze(-2), math.nan, scores)
    scores = _core.where(seen, scores if mask.dtype == _core.bool else scores + mask, -math.inf)
    weights = _dropped(_core.where(seen, _core.softmax(scores, -1), 0.0), dropout_p)
    sees_strange = (seen.to(value.dtype) @ strange_values.unsqueeze(-1).to(value.dtype)) > 0
    return _core.where(sees_strange, math.nan, weights @ value), weights


def _finite(x: Tensor) -> tuple[Tensor, Tensor]:
    """(x with 0 in place of NaN and infinity, True for each row that had one)."""
    finite = x.isfinite()
    return _core.where(finite, x, 0.0), finite.logical_not().any(-1)


def _dropped(weights: Tensor, p: float) -> Tensor:
    return _core.dropout(weights, p) if p else weights
