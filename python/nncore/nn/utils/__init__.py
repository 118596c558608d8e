"""Functions on the gradients and values of several parameters."""

from __future__ import annotations

from nncore.errors import absent

from . import parametrizations, rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_
from .convert_parameters import parameters_to_vector, vector_to_parameters
from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "parameters_to_vector",
    "parametrizations",
    "rnn",
    "vector_to_parameters",
]

absent.answer_in(globals())
