"""Treat batch dimensions of a distribution as dimensions of its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nncore
from nncore import Tensor
from nncore.errors import arguments

from . import constraints
from .distribution import Distribution

__all__ = ["Independent"]


class Independent(Distribution):
    """`base_distribution` whose last batch dimensions belong to the event; log_prob sums over them.

    Errors: ValueError if the base has fewer batch dimensions than `reinterpreted_batch_ndims`.

    >>> normal = nncore.distributions.Normal(nncore.zeros(4, 3), 1.0)
    >>> policy = nncore.distributions.Independent(normal, 1)
    >>> policy.batch_shape, policy.event_shape, policy.log_prob(policy.sample()).shape
    ((4,), (3,), (4,))
    """

    def __init__(
        self,
        base_distribution: Any,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(base_distribution, Distribution):
            given = type(base_distribution).__name__
            raise TypeError(f"Independent: base_distribution must be a Distribution, got {given}")
        batch = base_distribution.batch_shape
        n = arguments.size("Independent", "reinterpreted_batch_ndims", reinterpreted_batch_ndims)
        if n > len(batch):
            raise ValueError(
                f"Independent: reinterpreted_batch_ndims must be at most {len(batch)}, the number of batch "
                f"dimensions of {type(base_distribution).__name__}, got {n}"
            )
        self.base_dist: Distribution = base_distribution
        self.reinterpreted_batch_ndims = n
        cut = len(batch) - n
        super().__init__(batch[:cut], batch[cut:] + base_distribution.event_shape, validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base has `rsample`."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> constraints.Constraint:
        return constraints.independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def expand(self, batch_shape: Sequence[int]) -> Independent:
        inner = self._event_shape[: self.reinterpreted_batch_ndims]
        base = self.base_dist.expand((*batch_shape, *inner))
        return Independent(base, self.reinterpreted_batch_ndims, self._validate_args)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return sum_last(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return sum_last(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


def sum_last(x: Tensor, ndims: int) -> Tensor:
    """The sum over the last `ndims` dimensions."""
    return nncore.sum(x, tuple(range(-ndims, 0))) if ndims else x
