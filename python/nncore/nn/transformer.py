"""The encoder of a transformer: layers of self-attention followed by a perceptron at each position."""

from __future__ import annotations

import copy
from collections.abc import Callable

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import optional_tensors, size, tensors

from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

__all__ = ["TransformerEncoder", "TransformerEncoderLayer"]

MOST_LAYERS = 1 << 16  # a larger number is a mistake and would exhaust memory
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": _core.relu, "gelu": _core.gelu}


class TransformerEncoderLayer(Module):
    r"""x = norm1(x + attention(x)); y = norm2(x + W_2 activation(W_1 x)), dropout before each sum.

    With `norm_first` x = x + attention(norm1(x)) and y = x + perceptron(norm2(x)), which trains more stably.

    Shapes: src (L, N, d_model), with `batch_first` (N, L, d_model), or without the batch axis; src_mask and
    src_key_padding_mask as in `MultiheadAttention`; result as src. `is_causal` promises that src_mask is the
    causal mask. `activation` is "relu", "gelu" or a function.
    Errors: ValueError for sizes that do not fit and for another activation.
    Source: Vaswani et al. 2017, section 3.1; Xiong et al. 2020 for `norm_first`; names are PyTorch's.

    >>> layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)
    >>> layer(nncore.ones(3, 5, 8)).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            raise ValueError(
                f"TransformerEncoderLayer: activation is {activation!r}; expected 'relu', 'gelu' or a "
                "function"
            )
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, device=device, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device=device, dtype=dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = _ACTIVATIONS[activation] if isinstance(activation, str) else activation

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        tensors("TransformerEncoderLayer", src=src)
        optional_tensors(
            "TransformerEncoderLayer", src_mask=src_mask, src_key_padding_mask=src_key_padding_mask
        )

        def attention(x: Tensor) -> Tensor:
            y, _ = self.self_attn(
                x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask, is_causal=is_causal
            )
            return self.dropout1(y)  # type: ignore[no-any-return]

        def perceptron(x: Tensor) -> Tensor:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))  # type: ignore[no-any-return]

        x = src
        if self.norm_first:
            x = x + attention(self.norm1(x))
            return x + perceptron(self.norm2(x))
        x = self._sum_norm(self.norm1, attention(x), x)
        return self._sum_norm(self.norm2, perceptron(x), x)

    @staticmethod
    def _sum_norm(norm: LayerNorm, x: Tensor, residual: Tensor) -> Tensor:
        """norm(x + residual) in one pass."""
        return _core.add_layer_norm(x, residual, norm.normalized_shape, norm.weight, norm.bias, norm.eps)[0]


class TransformerEncoder(Module):
    """A chain of `num_layers` copies of a layer, optionally followed by a norm.

    The copies start with equal values, as in PyTorch. `enable_nested_tensor` and `mask_check` control how
    PyTorch skips padding and have no effect here. Errors: ValueError for fewer than 0 layers.
    Source: Vaswani et al. 2017, section 3.1; names are PyTorch's.

    >>> layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16)
    >>> encoder = nn.TransformerEncoder(layer, num_layers=2)
    >>> encoder(nncore.ones(5, 3, 8)).shape
    (5, 3, 8)
    >>> list(encoder.state_dict())[0]
    'layers.0.self_attn.in_proj_weight'
    """

    def __init__(
        self,
        encoder_layer: TransformerEncoderLayer,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.num_layers = size("TransformerEncoder", "num_layers", num_layers, 0, MOST_LAYERS)
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.register_module("norm", norm)

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        tensors("TransformerEncoder", src=src)
        optional_tensors("TransformerEncoder", mask=mask, src_key_padding_mask=src_key_padding_mask)
        x = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, bool(is_causal))
        return x if self.norm is None else self.norm(x)
