"""Factors and inverses of small matrices: NumPy computes the values, and ops their first derivatives.

Each function corrects NumPy's result by one step of Newton's method. The step is zero, and its derivative is
that of the function. Derivatives of second order are wrong. NumPy reads the values, which raises in captured
steps.
"""

from __future__ import annotations

import numpy as np

import nncore
from nncore import Tensor

__all__ = ["cholesky", "inverse", "is_positive_definite"]


def inverse(a: Tensor) -> Tensor:
    """The inverse M of a batch of matrices; dM = -M dA M."""
    m = nncore.tensor(np.linalg.inv(a.detach().numpy()), dtype=a.dtype)
    return m - m @ (a - a.detach()) @ m if a.requires_grad else m


def cholesky(a: Tensor) -> Tensor:
    """The lower triangular L with L L^T = A; dL = L tril(L^-1 dA L^-T) with half the diagonal.

    The derivative is in Murray, "Differentiation of the Cholesky decomposition" (2016).
    """
    factor = nncore.tensor(np.linalg.cholesky(a.detach().numpy()), dtype=a.dtype)
    if not a.requires_grad:
        return factor
    m = inverse(factor)
    n = a.shape[-1]
    half = nncore.tril(nncore.ones(n, n, dtype=a.dtype)) - 0.5 * nncore.eye(n, dtype=a.dtype)
    change = a - a.detach()
    change = 0.5 * (change + change.transpose(-1, -2))
    return factor + factor @ (half * (m @ change @ m.transpose(-1, -2)))


def is_positive_definite(a: Tensor) -> Tensor:
    """Whether each matrix of a batch is symmetric with positive eigenvalues."""
    values = a.detach().numpy()
    symmetric = np.isclose(values, np.swapaxes(values, -1, -2), atol=1e-6).all((-2, -1))
    finite = np.where(np.isfinite(values).all((-2, -1), keepdims=True), values, 0)
    return nncore.tensor(symmetric & (np.linalg.eigvalsh(finite) > 0).all(-1))
