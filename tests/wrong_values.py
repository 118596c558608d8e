"""Valid values for the parameters of public calls, by name, and values that are valid for none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import nncore
from nncore import data, nn, optim


def spent() -> Iterator[int]:
    """An exhausted generator."""
    values = iter([1])
    generator = (v for v in values)
    list(generator)
    return generator


WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "str": lambda: "a",
    "bytes": lambda: b"a",
    "object": object,
    "list": list,
    "list of str": lambda: ["a"],
    "list of None": lambda: [None, None],
    "tuple": lambda: (),
    "dict": dict,
    "set": lambda: {1},
    "dict of str": lambda: {"a": "b"},
    "1.5": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "0": lambda: 0,
    "-1": lambda: -1,
    "-7": lambda: -7,
    "2**70": lambda: 2**70,
    "10**400": lambda: 10**400,
    "-10**400": lambda: -(10**400),
    "complex": lambda: 1j,
    "True": lambda: True,
    "np.float32": lambda: np.float32(0.5),
    "np.int64": lambda: np.int64(-3),
    "0-d array": lambda: np.array(2.5),
    "array": lambda: np.ones((2, 2)),
    "object array": lambda: np.array([None, "a"], dtype=object),
    "empty tensor": lambda: nncore.zeros(0),
    "0-d tensor": lambda: nncore.tensor(2.0),
    "bool tensor": lambda: nncore.zeros(4, 4) > 0,
    "int tensor": lambda: nncore.zeros(4, dtype=nncore.int64),
    "float64 tensor": lambda: nncore.ones(3, 2, dtype=nncore.float64),
    "dtype": lambda: nncore.int64,
    "class": lambda: nn.Linear,
    "module": lambda: nn.ReLU(),
    "function": lambda: len,
    "spent generator": spent,
}


def matrix() -> nncore.Tensor:
    return nncore.full((4, 4), 0.5)


def labels() -> nncore.Tensor:
    return nncore.zeros(4, dtype=nncore.int64)


def grown() -> nncore.Tensor:
    p = nn.Parameter(nncore.full((4, 4), 0.5))
    (p * p).sum().backward()
    return p


def sgd() -> optim.Optimizer:
    return optim.SGD([grown()], lr=0.1)


def dataset() -> Any:
    return data.TensorDataset(matrix(), labels())


# A valid value for each parameter of that name
FITTING: dict[str, Callable[[], Any]] = {
    "index": lambda: nncore.zeros(4, 4, dtype=nncore.int64),
    "indices": lambda: nncore.zeros(4, 4, dtype=nncore.int64),
    "mask": lambda: matrix() > 0,
    "condition": lambda: matrix() > 0,
    "dim": lambda: 0,
    "dim0": lambda: 0,
    "dim1": lambda: 1,
    "dims": lambda: (0, 1),
    "size": lambda: (4, 4),
    "shape": lambda: (4, 4),
    "sizes": lambda: (2, 2),
    "normalized_shape": lambda: 4,
    "num_groups": lambda: 2,
    "steps": lambda: 3,
    "step": lambda: 1,
    "start": lambda: 0,
    "n": lambda: 4,
    "k": lambda: 2,
    "length": lambda: 2,
    "low": lambda: 0,
    "high": lambda: 3,
    "fill_value": lambda: 1.0,
    "value": lambda: 1.0,
    "dtype": lambda: nncore.float32,
    "tensors": lambda: [matrix(), matrix()],
    "chunks": lambda: 2,
    "pad": lambda: (1, 1),
    "stride": lambda: 1,
    "dilation": lambda: 1,
    "output_size": lambda: 2,
    "repeats": lambda: 2,
    "shifts": lambda: 1,
    "source": lambda: matrix(),
    "threshold": lambda: 0.5,
    "split_size_or_sections": lambda: 2,
    "split_size": lambda: 2,
    "array": lambda: np.ones(3),
    "data": lambda: [1.0, 2.0],
    "seed": lambda: 0,
    "vec": lambda: nncore.ones(4),
    "vec2": lambda: nncore.ones(4),
    "equation": lambda: "ij,jk",
    "decimals": lambda: 1,
    "rounding_mode": lambda: "floor",
    "pieces": lambda: 2,
    "weights": lambda: nncore.ones(4),
    "beta": lambda: 0.5,
    "alpha": lambda: 0.5,
    "device": lambda: "cpu",
    "approximate": lambda: "none",
    "parameters": lambda: [grown()],
    "params": lambda: [grown()],
    "max_norm": lambda: 1.0,
    "clip_value": lambda: 1.0,
    "tensor": matrix,
    "input": matrix,
    "optimizer": sgd,
    "module": lambda: nn.Linear(4, 4),
    "model": lambda: nn.Linear(4, 4),
    "nonlinearity": lambda: "relu",
    "sparsity": lambda: 0.5,
    "step_size": lambda: 2,
    "milestones": lambda: [1, 2],
    "lr_lambda": lambda: lambda epoch: 1.0,
    "max_lr": lambda: 0.1,
    "base_lr": lambda: 0.01,
    "T_max": lambda: 5,
    "total_steps": lambda: 5,
    "total_iters": lambda: 5,
    "gamma": lambda: 0.5,
    "epochs": lambda: 1,
    "dataset": dataset,
    "X": lambda: np.zeros((4, 4), np.float32),
    "y": lambda: np.zeros(4, np.int64),
    "batch_size": lambda: 2,
    "path": lambda: "no/such/file",
    "root": lambda: "no/such/folder",
    "file": lambda: "no/such/file",
    "loss": lambda: nn.MSELoss(),
    "scores": matrix,
    "target": matrix,
    "x": matrix,
    "lengths": lambda: [2, 2],
    "max_val": lambda: 1.0,
    "min_val": lambda: -1.0,
    "name": lambda: "weight",
    "hook": lambda: lambda *a: None,
    "num_embeddings": lambda: 4,
    "embedding_dim": lambda: 4,
    "num_heads": lambda: 2,
    "embed_dim": lambda: 4,
    "d_model": lambda: 4,
    "nhead": lambda: 2,
    "encoder_layer": lambda: nn.TransformerEncoderLayer(4, 2, 8),
    "num_layers": lambda: 1,
    "p": lambda: 0.5,
    "kernel_size": lambda: 2,
    "padding": lambda: 1,
    "upscale_factor": lambda: 2,
    "unflattened_size": lambda: (2, 2),
    "negative_slope": lambda: 0.1,
    "outputs": lambda: (grown() * 2).sum(),
    "inputs": lambda: (grown(),),
    "schedulers": list,
    "function": lambda: lambda x: (x * x).sum(),
}
# Valid values for single functions, by parameter
OF_ONE: dict[str, dict[str, Callable[[], Any]]] = {
    "cross_entropy": {"target": labels},
    "nll_loss": {"target": labels},
    "multi_margin_loss": {"target": labels},
    "norm": {"p": lambda: 2.0},
    "normalize": {"p": lambda: 2.0},
    "one_hot": {"tensor": labels},
    "index_select": {"index": labels},
    "index_add": {"index": labels},
    "embedding": {"input": labels},
    "embedding_bag": {"input": lambda: nncore.zeros(2, 2, dtype=nncore.int64)},
    "eye": {"m": lambda: 3},
    "arange": {"end": lambda: 4},
    "linspace": {"end": lambda: 4.0},
    "movedim": {"source": lambda: 0, "destination": lambda: 1},
    "narrow": {"start": lambda: 1},
    "unsqueeze": {"dim": lambda: 1},
    "expand": {"args": lambda: (4, 4)},
    "permute": {"args": lambda: (1, 0)},
    "flip": {"args": lambda: (0,)},
    "broadcast_to": {"size": lambda: (4, 4)},
    "split": {"dim": lambda: 0},
    "triplet_margin_loss": {"p": lambda: 2.0},
    "pairwise_distance": {"p": lambda: 2.0},
    "response_norm": {"input": lambda: nncore.ones(2, 3, 4), "size": lambda: 2},
    "local_response_norm": {"input": lambda: nncore.ones(2, 3, 4), "size": lambda: 2},
    "instance_norm": {"input": lambda: nncore.ones(2, 3, 4)},
    "LocalResponseNorm": {"size": lambda: 2, "input": lambda: nncore.ones(2, 3, 4)},
    "linear": {"activation": lambda: ""},
    "unflatten": {"dim": lambda: 0, "sizes": lambda: (2, 2)},
    "Generator": {"seed": lambda: 0},
}


BY_ANNOTATION: list[tuple[str, Callable[[], Any]]] = [
    ("Tensor", matrix),
    ("int", lambda: 4),
    ("float", lambda: 0.5),
    ("bool", lambda: False),
    ("str", lambda: "a"),
    ("Module", lambda: nn.Linear(4, 4)),
    ("Optimizer", sgd),
]
