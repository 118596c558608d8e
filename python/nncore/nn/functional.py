"""Functions that layers and losses are made of: PyTorch's `torch.nn.functional`.

Those that the core gives with PyTorch's signature are handed on as they are.

>>> nn.functional.relu(nncore.tensor([-1.0, 2.0])).tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from nncore._core import (
    celu,
    cross_entropy,
    elu,
    gelu,
    glu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    linear,
    log_softmax,
    logsigmoid,
    mish,
    mse_loss,
    nll_loss,
    one_hot,
    pad,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
    tanhshrink,
    threshold,
)

from .attention import scaled_dot_product_attention
from .positions import apply_rotary, rotary_tables, sinusoidal_positions

__all__ = [
    "apply_rotary",
    "celu",
    "cross_entropy",
    "elu",
    "gelu",
    "glu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "mish",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "prelu",
    "relu",
    "relu6",
    "rotary_tables",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "silu",
    "sinusoidal_positions",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]
