"""The normal distribution of vectors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

import nncore
from nncore import Tensor

from . import constraints
from .constraints import Constraints
from .distribution import Distribution, one_of
from .matrices import cholesky, inverse, is_positive_definite

__all__ = ["MultivariateNormal"]


class MultivariateNormal(Distribution):
    r"""Vectors loc + scale_tril z with z of normal numbers; their covariance is scale_tril scale_tril^T.

    `loc` has the shape (..., n). One of `covariance_matrix`, `precision_matrix` (its inverse) and
    `scale_tril` is given, of shape (..., n, n). NumPy factors and inverts the matrices: gradients are of
    first order, and a captured step can only draw samples from a distribution given by `scale_tril`.

    Errors: ValueError if shapes do not match, a matrix is not positive definite, or scale_tril is not lower
    triangular with a positive diagonal.

    >>> normal = nncore.distributions.MultivariateNormal(nncore.zeros(2), nncore.eye(2))
    >>> normal.sample((3,)).shape, round(normal.log_prob(nncore.zeros(2)).item(), 4)
    ((3, 2), -1.8379)
    """

    arg_constraints: ClassVar[Constraints] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        where = "MultivariateNormal"
        name, matrix = one_of(
            where,
            covariance_matrix=covariance_matrix,
            precision_matrix=precision_matrix,
            scale_tril=scale_tril,
        )
        _, loc = one_of(where, loc=loc)
        n = loc.shape[-1] if loc.ndim else 0
        if n == 0 or matrix.shape[-2:] != (n, n):
            raise ValueError(
                f"{where}: expected loc of shape (..., n) and {name} of shape (..., n, n), got "
                f"{loc.shape} and {matrix.shape}"
            )
        if name != "scale_tril":
            if not is_positive_definite(matrix).all().item():
                raise ValueError(f"{where}: {name} must be symmetric and positive definite")
            matrix = cholesky(matrix if name == "covariance_matrix" else inverse(matrix))
        try:
            batch = tuple(np.broadcast_shapes(loc.shape[:-1], matrix.shape[:-2]))
        except ValueError:
            raise ValueError(
                f"{where}: loc of shape {loc.shape} and {name} of shape {matrix.shape} cannot be broadcast "
                "together"
            ) from None
        self.loc = nncore.broadcast_to(loc, (*batch, n))
        self.scale_tril = nncore.broadcast_to(matrix, (*batch, n, n))
        super().__init__(batch, (n,), validate_args=validate_args)

    def _parameters(self) -> Iterator[tuple[str, Tensor]]:
        return iter([("loc", self.loc), ("scale_tril", self.scale_tril)])

    @property
    def covariance_matrix(self) -> Tensor:
        """The expected products of the distances from the mean."""
        return self.scale_tril @ self.scale_tril.transpose(-1, -2)

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance matrix."""
        m = self._inverse_tril
        return m.transpose(-1, -2) @ m

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.scale_tril.square().sum(-1)

    @property
    def _inverse_tril(self) -> Tensor:
        return inverse(nncore.tril(self.scale_tril))

    @property
    def _half_log_det(self) -> Tensor:
        return nncore.diagonal(self.scale_tril, 0, -2, -1).log().sum(-1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        z = nncore.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self.scale_tril @ z.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = (self._inverse_tril @ (value - self.loc).unsqueeze(-1)).squeeze(-1)
        n = self._event_shape[0]
        return -0.5 * z.square().sum(-1) - self._half_log_det - 0.5 * n * math.log(2 * math.pi)

    def entropy(self) -> Tensor:
        return self._half_log_det + 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi))
