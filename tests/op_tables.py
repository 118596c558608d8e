"""The whole table of ops, and a function that runs a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from op_case import Array, Case
from op_table import CASES as TABLE
from op_table_arrays import CASES as ARRAYS
from op_table_conv import CASES as CONVOLUTIONS
from op_table_layers import CASES as LAYERS
from op_table_losses import CASES as LOSSES
from op_table_pooling import CASES as POOLING
from op_table_products import CASES as PRODUCTS
from op_table_resampling import CASES as RESAMPLING
from op_table_select import CASES as SELECT
from op_table_sequences import CASES as SEQUENCES
from op_table_statistics import CASES as STATISTICS

CASES = [
    *TABLE,
    *ARRAYS,
    *SELECT,
    *PRODUCTS,
    *CONVOLUTIONS,
    *SEQUENCES,
    *LAYERS,
    *LOSSES,
    *POOLING,
    *RESAMPLING,
    *STATISTICS,
]


def one_row_per_op() -> list[Any]:
    """Parameters of a test: the first row of each op; its other rows are slow."""
    found, seen = [], set()
    for case in CASES:
        op = case.name.split()[0]
        found.append(pytest.param(case, id=str(case), marks=[pytest.mark.slow] if op in seen else []))
        seen.add(op)
    return found


BITS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def output_gradient(shape: tuple[int, ...]) -> Array:
    """A fixed gradient for a result of this shape."""
    return np.asarray(np.random.default_rng(5).uniform(0.5, 1.5, shape))


def run(case: Case, arrays: list[Array], dtype: Any, dy: Array | None = None) -> tuple[Array, list[Array]]:
    """The value, and the gradient of each input for the output gradient dy, or for a fixed one."""
    tensors = [nncore.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
    y = case.call(*tensors)
    dy = output_gradient(y.shape) if dy is None else dy
    y.backward(nncore.tensor(np.asarray(dy.astype(dtype))))
    return y.detach().to("cpu").numpy(), [
        np.zeros(t.shape, dtype) if t.grad is None else t.grad.to("cpu").numpy() for t in tensors
    ]


def same_bits(a: Array, b: Array) -> bool:
    bits = BITS[a.dtype]
    return a.shape == b.shape and np.array_equal(a.reshape(-1).view(bits), b.reshape(-1).view(bits))
