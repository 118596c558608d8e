"""Layers, losses and what belongs to them, with PyTorch's names; see `Module` for how models are written."""

from __future__ import annotations

from . import functional, init, utils
from .activation import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from .attention import MultiheadAttention
from .container import ModuleDict, ModuleList, Sequential
from .linear import Identity, Linear
from .loss import CrossEntropyLoss, MSELoss, NLLLoss, SumSquaredError
from .module import Module
from .parameter import Parameter
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNBase, RNNCell
from .shape import Flatten, Unflatten
from .softmax import LogSoftmax, Softmax, Softmin

__all__ = [
    # what models are made of
    "Module",
    "Parameter",
    # containers
    "ModuleDict",
    "ModuleList",
    "Sequential",
    # layers
    "Flatten",
    "Identity",
    "Linear",
    "Unflatten",
    # sequences
    "GRU",
    "GRUCell",
    "LSTM",
    "LSTMCell",
    "MultiheadAttention",
    "RNN",
    "RNNBase",
    "RNNCell",
    # activations
    "CELU",
    "ELU",
    "GELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    # losses
    "CrossEntropyLoss",
    "MSELoss",
    "NLLLoss",
    "SumSquaredError",
    # modules of functions
    "functional",
    "init",
    "utils",
]
