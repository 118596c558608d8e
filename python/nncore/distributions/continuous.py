"""Normal, Laplace, Uniform and Exponential: samples are a formula of uniform or normal numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import nncore
from nncore import Tensor, _core

from . import constraints
from .constraints import Constraints
from .distribution import Distribution, broadcast, uniform

__all__ = ["Exponential", "Laplace", "Normal", "Uniform"]


class LocationScale(Distribution):
    """Base: a distribution over all numbers with the mean and mode `loc` and a positive `scale`."""

    arg_constraints: ClassVar[Constraints] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast(type(self).__name__, loc=loc, scale=scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc


class Normal(LocationScale):
    r"""The normal distribution: density exp(-(x - loc)^2 / (2 scale^2)) / (scale sqrt(2 pi)).

    `loc` and `scale` are numbers or tensors that can be broadcast together. Errors: ValueError if scale is
    not positive or the shapes do not match.

    >>> normal = nncore.distributions.Normal(0.0, nncore.tensor([1.0, 2.0]))
    >>> normal.sample((3,)).shape, normal.entropy().tolist()
    ((3, 2), [1.418938..., 2.112085...])
    """

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale.square()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.loc + self.scale * nncore.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return (
            -0.5 * ((value - self.loc) / self.scale).square() - self.scale.log() - 0.5 * math.log(2 * math.pi)
        )

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return 0.5 * nncore.erfc((self.loc - value) / (self.scale * math.sqrt(2)))

    def entropy(self) -> Tensor:
        return self.scale.log() + (0.5 + 0.5 * math.log(2 * math.pi))


class Laplace(LocationScale):
    r"""The Laplace distribution: density exp(-abs(x - loc) / scale) / (2 scale).

    Errors: ValueError if scale is not positive or the shapes do not match.

    >>> nncore.distributions.Laplace(0.0, 1.0).log_prob(nncore.tensor([0.0, 1.0])).tolist()
    [-0.693147..., -1.693147...]
    """

    @property
    def stddev(self) -> Tensor:
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale.square()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self._quantile(uniform(self.loc, self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        distance = value - self.loc
        return 0.5 - 0.5 * distance.sign() * nncore.expm1(-distance.abs() / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        return self._quantile(value)

    def _quantile(self, p: Tensor) -> Tensor:
        term = p - 0.5
        return self.loc - self.scale * term.sign() * nncore.log1p(-2 * term.abs())

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()


class Uniform(Distribution):
    r"""The uniform distribution on [low, high): density 1 / (high - low).

    Errors: ValueError if low is not below high or the shapes do not match.

    >>> uniform = nncore.distributions.Uniform(1.0, 3.0)
    >>> uniform.mean.item(), uniform.cdf(nncore.tensor(1.5)).item()
    (2.0, 0.25)
    """

    arg_constraints: ClassVar[Constraints] = {"low": constraints.real, "high": constraints.real}
    has_rsample = True

    def __init__(self, low: Tensor | float, high: Tensor | float, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast("Uniform", low=low, high=high)
        super().__init__(self.low.shape, validate_args=validate_args)
        if self._validate_args and not _core.capturing() and not (self.low < self.high).all().item():
            raise ValueError("Uniform: low must be below high")

    @property
    def support(self) -> constraints.Constraint:
        return constraints.interval(self.low.detach(), self.high.detach())

    @property
    def mean(self) -> Tensor:
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Tensor:
        return nncore.full_like(self.low, math.nan)

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low).square() / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        numbers = nncore.rand(self._extended_shape(sample_shape), dtype=self.low.dtype)
        return self.low + numbers * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        inside = ((self.low <= value) & (value < self.high)).to(self.low.dtype)
        return inside.log() - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Tensor) -> Tensor:
        return self.low + value * (self.high - self.low)

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()


class Exponential(Distribution):
    r"""The exponential distribution: density rate exp(-rate x) for x >= 0.

    Errors: ValueError if rate is not positive.

    >>> nncore.distributions.Exponential(nncore.tensor([1.0, 2.0])).mean.tolist()
    [1.0, 0.5]
    """

    arg_constraints: ClassVar[Constraints] = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Tensor | float, validate_args: bool | None = None) -> None:
        [self.rate] = broadcast("Exponential", rate=rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        return nncore.zeros_like(self.rate)

    @property
    def stddev(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        return self.rate.square().reciprocal()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.icdf(nncore.rand(self._extended_shape(sample_shape), dtype=self.rate.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -nncore.expm1(-self.rate * value)

    def icdf(self, value: Tensor) -> Tensor:
        return -nncore.log1p(-value) / self.rate

    def entropy(self) -> Tensor:
        return 1 - self.rate.log()
