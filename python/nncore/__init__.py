"""nncore: neural networks, fast on the machine you already have.

This module has tensors, functions and settings. Layers are in `nncore.nn`, optimizers in `nncore.optim`, data
sets in `nncore.data`, and the training loop in `nncore.train`.

>>> import nncore
>>> x = nncore.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad.tolist()
[2.0, 4.0, 6.0]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nncore import _core
from nncore._core import *
from nncore._core import __version__ as __version__

if TYPE_CHECKING:
    from nncore import autograd as autograd
    from nncore import backends as backends
    from nncore import cuda as cuda
    from nncore import data as data
    from nncore import distributions as distributions
    from nncore import models as models
    from nncore import nn as nn
    from nncore import optim as optim
    from nncore import random as random
    from nncore import train as train
    from nncore import utils as utils
    from nncore.captured.step import compile as compile
    from nncore.captured.summary import summary as summary
    from nncore.errors import *
    from nncore.files.models import load_model as load_model
    from nncore.files.serialization import load as load
    from nncore.files.serialization import save as save
    from nncore.functions import *
    from nncore.grad_mode import *
    from nncore.limits import *
    from nncore.printing import set_printoptions as set_printoptions
    from nncore.random import get_rng_state as get_rng_state
    from nncore.random import initial_seed as initial_seed
    from nncore.random import seed as seed
    from nncore.random import seed_everything as seed_everything
    from nncore.random import set_rng_state as set_rng_state
    from nncore.settings import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
    from nncore.settings import get_float32_matmul_precision as get_float32_matmul_precision
    from nncore.settings import set_float32_matmul_precision as set_float32_matmul_precision
    from nncore.settings import use_deterministic_algorithms as use_deterministic_algorithms
    from nncore.statistics import *
    from nncore.typed_tensors import BoolTensor as BoolTensor
    from nncore.typed_tensors import ByteTensor as ByteTensor
    from nncore.typed_tensors import DoubleTensor as DoubleTensor
    from nncore.typed_tensors import FloatTensor as FloatTensor
    from nncore.typed_tensors import IntTensor as IntTensor
    from nncore.typed_tensors import LongTensor as LongTensor

# Loaded at first use, so that `import nncore` is fast.
_MODULES = (
    "autograd",
    "backends",
    "cuda",
    "data",
    "distributions",
    "models",
    "nn",
    "optim",
    "random",
    "train",
    "utils",
)
_MEMBERS = {
    name: module
    for module, names in {
        "nncore.captured.step": "compile",
        "nncore.captured.summary": "summary",
        "nncore.errors": "CaptureError CheckpointError DivergenceError",
        "nncore.files.models": "load_model",
        "nncore.files.serialization": "load save",
        "nncore.functions": "allclose as_tensor asarray from_dlpack hstack isclose vstack",
        "nncore.grad_mode": "enable_grad inference_mode is_grad_enabled no_grad set_grad_enabled",
        "nncore.limits": "e finfo iinfo inf nan newaxis pi",
        "nncore.printing": "set_printoptions",
        "nncore.random": "get_rng_state initial_seed seed seed_everything set_rng_state",
        "nncore.settings": "are_deterministic_algorithms_enabled get_float32_matmul_precision "
        "set_float32_matmul_precision use_deterministic_algorithms",
        "nncore.statistics": "bernoulli bincount cdist count_nonzero median meshgrid multinomial nan_to_num "
        "normal poisson quantile randint_like trace unique",
        "nncore.typed_tensors": "BoolTensor ByteTensor DoubleTensor FloatTensor IntTensor LongTensor",
    }.items()
    for name in names.split()
}

__all__ = ["__version__", *_MODULES, *_MEMBERS, *_core.__all__]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name in _MODULES or name == "sklearn":  # not in __all__, because it needs scikit-learn
        return importlib.import_module(f"nncore.{name}")
    if name in _MEMBERS:
        value = globals()[name] = getattr(importlib.import_module(_MEMBERS[name]), name)
        return value
    from nncore.errors.absent import missing

    raise missing("nncore", name)
