"""Functions on the gradients and values of several parameters."""

from __future__ import annotations

from nncore.errors import absent

from . import parametrizations, rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_
from .convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "parametrizations",
    "rnn",
    "vector_to_parameters",
]

absent.answer_in(globals())
