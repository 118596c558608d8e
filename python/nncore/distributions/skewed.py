"""Cauchy, Gumbel, HalfNormal and StudentT: distributions with heavy tails or on one side of 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

import nncore
from nncore import Tensor

from . import constraints
from .constraints import Constraints
from .continuous import LocationScale
from .distribution import Distribution, broadcast, uniform
from .gamma import log_of_standard_gamma
from .special import digamma, lgamma

__all__ = ["Cauchy", "Gumbel", "HalfNormal", "StudentT"]


class Cauchy(LocationScale):
    r"""The Cauchy distribution: density 1 / (pi scale (1 + ((x - loc) / scale)^2)); it has no mean.

    Errors: ValueError if scale is not positive or the shapes do not match.

    >>> nncore.distributions.Cauchy(0.0, 1.0).cdf(nncore.tensor(1.0)).item()
    0.75
    """

    @property
    def mean(self) -> Tensor:
        return nncore.full_like(self.loc, math.nan)

    @property
    def variance(self) -> Tensor:
        return nncore.full_like(self.loc, math.inf)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.icdf(uniform(self.loc, self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - nncore.log1p(z.square())

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return nncore.atan((value - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * nncore.tan(math.pi * (value - 0.5))

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + self.scale.log()


class Gumbel(LocationScale):
    r"""The Gumbel distribution: density exp(-(z + exp(-z))) / scale with z = (x - loc) / scale.

    Errors: ValueError if scale is not positive or the shapes do not match.

    >>> nncore.distributions.Gumbel(0.0, 1.0).log_prob(nncore.tensor(0.0)).item()
    -1.0
    """

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * np.euler_gamma

    @property
    def stddev(self) -> Tensor:
        return self.scale * (math.pi / math.sqrt(6))

    @property
    def variance(self) -> Tensor:
        return self.stddev.square()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.icdf(uniform(self.loc, self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        return -(z + (-z).exp()) - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return (-((self.loc - value) / self.scale).exp()).exp()

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + np.euler_gamma)


class HalfNormal(Distribution):
    r"""abs(x) of a normal x with mean 0: density sqrt(2 / pi) exp(-x^2 / (2 scale^2)) / scale for x >= 0.

    Errors: ValueError if scale is not positive.

    >>> nncore.distributions.HalfNormal(2.0).mean.item()
    1.595769...
    """

    arg_constraints: ClassVar[Constraints] = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Tensor | float, validate_args: bool | None = None) -> None:
        [self.scale] = broadcast("HalfNormal", scale=scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Tensor:
        return nncore.zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (1 - 2 / math.pi)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.scale * nncore.randn(self._extended_shape(sample_shape), dtype=self.scale.dtype).abs()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        density = -0.5 * (value / self.scale).square() - self.scale.log() + 0.5 * math.log(2 / math.pi)
        return nncore.where(value >= 0, density, nncore.full_like(density, -math.inf))

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return nncore.erf(value / (self.scale * math.sqrt(2)))

    def entropy(self) -> Tensor:
        return self.scale.log() + 0.5 * (1 + math.log(math.pi / 2))


class StudentT(Distribution):
    r"""Student's distribution of loc + scale z / sqrt(c / df) with a normal z, and c of the chi-squared one.

    Errors: ValueError if df or scale is not positive or the shapes do not match.

    >>> nncore.distributions.StudentT(nncore.tensor([3.0, 5.0])).variance.tolist()
    [3.0, 1.66666...]
    """

    arg_constraints: ClassVar[Constraints] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(
        self,
        df: Tensor | float,
        loc: Tensor | float = 0.0,
        scale: Tensor | float = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        self.df, self.loc, self.scale = broadcast("StudentT", df=df, loc=loc, scale=scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return nncore.where(self.df > 1, self.loc, nncore.full_like(self.loc, math.nan))

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        finite = self.scale.square() * self.df / (self.df - 2).clamp(0.0)  # infinite for df <= 2
        return nncore.where(self.df > 1, finite, nncore.full_like(finite, math.nan))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        normal = nncore.randn(shape, dtype=self.df.dtype)
        log_c = log_of_standard_gamma(self.df / 2, shape) + math.log(2)
        return self.loc + self.scale * normal * (0.5 * (self.df.log() - log_c)).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        return -0.5 * (self.df + 1) * nncore.log1p(z.square() / self.df) - self.scale.log() - self._log_beta

    def entropy(self) -> Tensor:
        half, more = 0.5 * self.df, 0.5 * (self.df + 1)
        return self.scale.log() + more * (digamma(more) - digamma(half)) + self._log_beta

    @property
    def _log_beta(self) -> Tensor:
        """log(sqrt(df) B(df / 2, 1 / 2))."""
        constant = 0.5 * math.log(math.pi)
        return 0.5 * self.df.log() + constant + lgamma(0.5 * self.df) - lgamma(0.5 * (self.df + 1))
