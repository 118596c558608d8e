"""Attention with several heads."""

from __future__ import annotations

import math

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import number, optional_tensors, size, tensors

from . import init
from .functional.attention import composed
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    r"""head_i = attention(q W_qᵀ, k W_kᵀ, v W_vᵀ) on slices of embed_dim / num_heads; then heads W_oᵀ + b_o.

    Shapes: query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim), with `batch_first` (N, L, ...), or
    without the batch axis; result as query. attn_mask (L, S) or (N · num_heads, L, S), key_padding_mask (N,
    S): bool, where **True masks a key**, or numbers that are added to the scores. `need_weights` also returns
    the probabilities: their mean over heads (N, L, S), or with `average_attn_weights=False` (N, num_heads, L,
    S). Without it, no value of size L · S is stored. `is_causal` promises that attn_mask is the causal mask,
    so that it is not read. `add_bias_kv` appends a learned key and value, bias_k and bias_v; `add_zero_attn`
    appends zeros. All queries attend to them, and each adds a column to the probabilities.
    Parameters: in_proj_weight (3 embed_dim, embed_dim), or q_, k_ and v_proj_weight if kdim or vdim differs,
    Xavier uniform; in_proj_bias and out_proj.bias zero; bias_k and bias_v (1, 1, embed_dim) Xavier normal;
    out_proj.weight as `Linear`.

    Errors: ValueError for sizes and shapes that do not fit, TypeError for dtypes.
    Source: Vaswani et al. 2017, section 3.2.2; names and layouts are PyTorch's.

    >>> layer = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = nncore.ones(3, 5, 8)
    >>> y, weights = layer(x, x, x)
    >>> y.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        name = "MultiheadAttention"
        self.embed_dim = size(name, "embed_dim", embed_dim, 1)
        self.num_heads = size(name, "num_heads", num_heads, 1)
        self.dropout = number(name, "dropout", dropout, 0, 1)
        self.batch_first = batch_first
        self.kdim = embed_dim if kdim is None else size(name, "kdim", kdim, 1)
        self.vdim = embed_dim if vdim is None else size(name, "vdim", vdim, 1)
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise ValueError(f"{name}: embed_dim {embed_dim} does not divide by num_heads {num_heads}")

        def weight(rows: int, columns: int) -> Parameter:
            return Parameter(_core.empty(rows, columns, device=device, dtype=dtype))

        together = self.kdim == self.vdim == embed_dim
        own = None if together else (weight(embed_dim, n) for n in (embed_dim, self.kdim, self.vdim))
        q, k, v = own or (None, None, None)
        self.register_parameter("q_proj_weight", q)
        self.register_parameter("k_proj_weight", k)
        self.register_parameter("v_proj_weight", v)
        self.register_parameter("in_proj_weight", weight(3 * embed_dim, embed_dim) if together else None)
        self.register_parameter(
            "in_proj_bias",
            Parameter(_core.empty(3 * embed_dim, device=device, dtype=dtype)) if bias else None,
        )
        for row in ("bias_k", "bias_v"):
            own_row = (
                Parameter(_core.empty(1, 1, embed_dim, device=device, dtype=dtype)) if add_bias_kv else None
            )
            self.register_parameter(row, own_row)
        self.add_zero_attn = add_zero_attn
        self.out_proj = Linear(embed_dim, embed_dim, bias, device=device, dtype=dtype)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for row in (self.bias_k, self.bias_v):
            if row is not None:
                init.xavier_normal_(row)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        tensors("MultiheadAttention", query=query, key=key, value=value)
        optional_tensors("MultiheadAttention", key_padding_mask=key_padding_mask, attn_mask=attn_mask)
        alone = query.ndim == 2
        for what, x in (("query", query), ("key", key), ("value", value)):
            if x.ndim not in (2, 3) or x.ndim != query.ndim:
                raise ValueError(
                    f"MultiheadAttention: {what} has shape {x.shape}; expected three axes, or two "
                    "without a batch, like the query"
                )
        if is_causal and attn_mask is None:
            raise ValueError("MultiheadAttention: is_causal describes attn_mask; give attn_mask too")
        same = query is key and key is value
        if not (alone or self.batch_first):
            query, key, value = self._batch_first(query, key, value)
        elif alone:
            query, key, value = query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0)
            key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
        more = (self.bias_k is not None) + self.add_zero_attn  # keys that all queries attend to
        if key_padding_mask is not None and not same:  # padding would reach the gradients of weights
            key, value = _without_padding(key_padding_mask, key, value)
        causal = is_causal and not (need_weights or more or key_padding_mask is not None)  # without attn_mask
        mask = None if causal else self._mask(query, key, attn_mask, key_padding_mask, more)
        dropout_p = self.dropout if self.training else 0.0
        if need_weights or (mask is not None and mask.requires_grad):
            q, k, v = (self._split(x) for x in self._projected(query, key, value))
            heads, weights = composed(q, k, v, mask, dropout_p, causal, None)
            y = heads.transpose(1, 2).reshape(query.shape)
        elif same and self.in_proj_weight is not None and not more:
            packed = _core.linear(query, self.in_proj_weight, self.in_proj_bias)
            y = _core.attention_of_packed(packed, self.num_heads, mask, causal, dropout_p=dropout_p)
        else:
            q, k, v = self._projected(query, key, value)
            y = _core.attention_of_rows(q, k, v, self.num_heads, mask, causal, dropout_p=dropout_p)
        y = self.out_proj(y)
        y = y.squeeze(0) if alone else y if self.batch_first else _core.as_result(y.transpose(0, 1))
        if not need_weights:
            return y, None
        weights = weights.mean(1) if average_attn_weights else weights
        return y, weights.squeeze(0) if alone else weights

    def _batch_first(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(steps, batch, features) as (batch, steps, features); equal objects stay equal objects."""
        q = query.transpose(0, 1)
        k = q if key is query else key.transpose(0, 1)
        return q, k, k if value is key else value.transpose(0, 1)

    def _projected(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        width = self.embed_dim
        inputs = (query, key, value)
        if self.in_proj_weight is not None:
            weights = [self.in_proj_weight[i * width : (i + 1) * width] for i in range(3)]
        else:
            assert self.q_proj_weight is not None
            assert self.k_proj_weight is not None
            assert self.v_proj_weight is not None
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        biases: list[Tensor | None] = [None] * 3
        if self.in_proj_bias is not None:
            biases = [self.in_proj_bias[i * width : (i + 1) * width] for i in range(3)]
        q, k, v = (_core.linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True))
        return [q, self._longer(k, self.bias_k), self._longer(v, self.bias_v)]

    def _longer(self, x: Tensor, row: Tensor | None) -> Tensor:
        """Keys or values (batch, steps, features) with the rows of `add_bias_kv` and `add_zero_attn`."""
        shape = (x.shape[0], 1, self.embed_dim)
        rows = [] if row is None else [row.expand(shape)]
        rows += [_core.zeros(shape, device=x.device, dtype=x.dtype)] if self.add_zero_attn else []
        return _core.cat([x, *rows], 1) if rows else x

    def _split(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        return x.reshape(batch, steps, self.num_heads, self.head_dim).transpose(1, 2)

    def _mask(
        self, query: Tensor, key: Tensor, mask: Tensor | None, padding: Tensor | None, more: int
    ) -> Tensor | None:
        """Both masks as one that broadcasts to (batch, heads, L, S + more); True keeps a key."""
        batch, queries, keys = query.shape[0], query.shape[1], key.shape[1]
        if mask is not None:
            wanted = [(queries, keys), (batch * self.num_heads, queries, keys)]
            if mask.shape not in wanted:
                raise ValueError(
                    f"MultiheadAttention: attn_mask has shape {mask.shape}; expected {wanted[0]} "
                    f"or {wanted[1]}"
                )
            mask = mask if mask.ndim == 2 else mask.reshape(batch, self.num_heads, queries, keys)
        if padding is not None:
            if padding.shape != (batch, keys):
                raise ValueError(
                    f"MultiheadAttention: key_padding_mask has shape {padding.shape}; "
                    f"expected {(batch, keys)}"
                )
            padding = padding.reshape(batch, 1, 1, keys)
        mask = _joined(mask, padding, query.dtype)
        if mask is None or not more:
            return mask
        seen = _core.full((*mask.shape[:-1], more), int(mask.dtype == _core.bool), dtype=mask.dtype)
        return _core.cat([mask, seen], -1)


def _without_padding(padding: Tensor, *inputs: Tensor) -> list[Tensor]:
    """The inputs (batch, steps, features) with 0 at the steps that are padding."""
    left_out = padding if padding.dtype == _core.bool else padding == -math.inf
    return [_core.where(left_out.unsqueeze(-1), 0.0, x) for x in inputs]


def _joined(mask: Tensor | None, padding: Tensor | None, kind: dtype) -> Tensor | None:
    """Two masks in which True masks a key as one in which True keeps a key, or as numbers to add."""
    if mask is None or padding is None:
        one = mask if padding is None else padding
        return one == 0 if one is not None and one.dtype == _core.bool else one
    if mask.dtype == padding.dtype == _core.bool:
        return _core.where(mask, mask, padding) == 0
    return _added(mask, kind) + _added(padding, kind)


def _added(mask: Tensor, kind: dtype) -> Tensor:
    """The mask as numbers to add: -inf where a bool mask is True, else 0."""
    if mask.dtype != _core.bool:
        return mask
    hidden, seen = (_core.tensor(x, dtype=kind).to(mask.device) for x in (-float("inf"), 0.0))
    return _core.where(mask, hidden, seen)
