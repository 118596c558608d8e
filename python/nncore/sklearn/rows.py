"""The rows of the data of `fit` and `predict`; sparse rows become dense batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from nncore._core import Tensor, from_numpy

__all__ = ["SparseRows", "as_source", "blocks", "dense"]

BLOCK = 4096  # rows of a prediction at a time
SMALL = 2**24  # elements of a sparse matrix that is made dense as a whole


class SparseRows:
    """A sparse matrix from which `index_select` takes dense rows, as from a tensor."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = sparse.csr_array(matrix)

    def __len__(self) -> int:
        return int(self._matrix.shape[0])

    def index_select(self, dim: int, rows: Tensor) -> Tensor:
        return from_numpy(self._matrix[rows.numpy()].toarray())


def as_source(x: Any) -> Any:
    """The rows as an object with `index_select`."""
    is_large = sparse.issparse(x) and x.shape[0] * x.shape[1] > SMALL
    return SparseRows(x) if is_large else dense(x)


def dense(x: Any) -> Tensor:
    """A tensor, which shares the memory of a C-contiguous array."""
    return from_numpy(np.ascontiguousarray(x.toarray() if sparse.issparse(x) else x))


def blocks(x: Any) -> Iterator[Tensor]:
    """Dense blocks of rows."""
    rows = x.tocsr() if sparse.issparse(x) else x
    for start in range(0, x.shape[0], BLOCK):
        yield dense(rows[start : start + BLOCK])
