"""Distributions of functions of samples, and LogNormal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import nncore
from nncore import Tensor

from . import constraints
from .constraints import Constraint, Constraints
from .continuous import Normal
from .distribution import Distribution
from .independent import sum_last
from .transforms import ComposeTransform, ExpTransform, Transform

__all__ = ["LogNormal", "TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of transform(x), where x is drawn from `base_distribution`.

    `transforms` is a Transform or a list of them, applied in that order to each element. The density is that
    of x divided by the absolute derivative: log_prob(y) = base.log_prob(x) - log(abs(dy/dx)).

    Errors: TypeError for other arguments.
    Source: Haarnoja et al. 2018, appendix C, for a squashed normal policy.

    >>> d = nncore.distributions
    >>> policy = d.TransformedDistribution(d.Normal(nncore.zeros(3), 1.0), d.TanhTransform(cache_size=1))
    >>> action = policy.rsample()
    >>> policy.log_prob(action).shape, bool((action.abs() <= 1).all())
    ((3,), True)
    """

    def __init__(
        self,
        base_distribution: Any,
        transforms: Transform | Sequence[Transform],
        validate_args: bool | None = None,
    ) -> None:
        name = type(self).__name__
        if not isinstance(base_distribution, Distribution):
            given = type(base_distribution).__name__
            raise TypeError(f"{name}: base_distribution must be a Distribution, got {given}")
        self.base_dist: Distribution = base_distribution
        if isinstance(transforms, Transform):
            transforms = [transforms]
        elif not isinstance(transforms, (list, tuple)):
            given = type(transforms).__name__
            raise TypeError(f"{name}: transforms must be a Transform or a list of them, got {given}")
        self._whole = ComposeTransform(transforms)
        self.transforms = self._whole.parts
        super().__init__(base_distribution.batch_shape, base_distribution.event_shape, validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base has `rsample`."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> Constraint:
        if not self.transforms:
            return self.base_dist.support
        return constraints.independent(self._whole.codomain, len(self._event_shape))

    def expand(self, batch_shape: Sequence[int]) -> TransformedDistribution:
        return TransformedDistribution(
            self.base_dist.expand(batch_shape), self.transforms, self._validate_args
        )

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with nncore.no_grad():
            return self._whole(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self._whole(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        x = self._whole.inv(value)
        slope = self._whole.log_abs_det_jacobian(x, value)
        return self.base_dist.log_prob(x) - sum_last(slope, len(self._event_shape))

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return 0.5 + self._whole.sign * (self.base_dist.cdf(self._whole.inv(value)) - 0.5)

    def icdf(self, value: Tensor) -> Tensor:
        return self._whole(self.base_dist.icdf(0.5 + self._whole.sign * (value - 0.5)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.transforms})"


class LogNormal(TransformedDistribution):
    r"""exp(x) of a normal x with mean loc and standard deviation scale.

    Errors: ValueError if scale is not positive or the shapes do not match.

    >>> nncore.distributions.LogNormal(0.0, 1.0).mean.item()
    1.648721...
    """

    arg_constraints: ClassVar[Constraints] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        normal = Normal(loc, scale, validate_args=False)
        self.loc, self.scale = normal.loc, normal.scale
        super().__init__(normal, ExpTransform(), validate_args)

    def expand(self, batch_shape: Sequence[int]) -> LogNormal:
        return Distribution.expand(self, batch_shape)

    @property
    def mean(self) -> Tensor:
        return (self.loc + 0.5 * self.scale.square()).exp()

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self) -> Tensor:
        s = self.scale.square()
        return nncore.expm1(s) * (2 * self.loc + s).exp()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc

    __repr__ = Distribution.__repr__
