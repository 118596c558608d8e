"""Gamma, Beta and Dirichlet: samples by rejection.

The number of candidates is fixed, so that steps can be captured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

import nncore
from nncore import Tensor
from nncore.nn import functional

from . import constraints
from .constraints import Constraints
from .distribution import Distribution, Shape, broadcast, limits, uniform
from .special import digamma, lgamma, log_beta, xlogy

__all__ = ["Beta", "Dirichlet", "Gamma"]

Array = np.ndarray[Any, np.dtype[np.float64]]
LARGE = 1000.0  # concentrations whose series is long
CANDIDATES = 8  # each is accepted with probability 0.98 or more; none of 8 with less than 1e-13


def log_of_standard_gamma(concentration: Tensor, shape: Shape) -> Tensor:
    """The logarithm of random numbers with density x^(concentration - 1) exp(-x) / gamma(concentration).

    The gradient is of first order, and NumPy computes it, which raises in captured steps.
    """
    with nncore.no_grad():
        log_x = _draw(concentration, shape)
    if not (concentration.requires_grad and nncore.is_grad_enabled()):
        return log_x
    a = nncore.broadcast_to(concentration.detach(), shape).numpy().astype(np.float64)
    most = float(limits(log_x).max)
    slope = np.clip(_slope(log_x.numpy().astype(np.float64), a), -most, most)
    return log_x + nncore.tensor(slope, dtype=log_x.dtype) * (concentration - concentration.detach())


def _draw(concentration: Tensor, shape: Shape) -> Tensor:
    """Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).

    They draw numbers for concentration + 1; the factor u^(1 / concentration) then leads to `concentration`.
    The last accepted candidate is taken.
    """
    d = concentration + (1 - 1 / 3)
    c = 1 / (9 * d).sqrt()
    log_v = nncore.zeros(shape, dtype=d.dtype)
    for _ in range(CANDIDATES):
        x = nncore.randn(shape, dtype=d.dtype)
        root = 1 + c * x
        v = root * root * root
        candidate = nncore.where(v > 0, v, nncore.ones_like(v)).log()
        u = uniform(d, shape).log()
        accepted = (v > 0) & (u < 0.5 * x * x + d * (1 - v + candidate))
        log_v = nncore.where(accepted, candidate, log_v)
    return d.log() + log_v + uniform(d, shape).log() / concentration


def _slope(log_x: Array, a: Array) -> Array:
    """d(log x) / da at a constant value of the distribution function F(x; a).

    The derivative is -(dF/da) / (x dF/dx), from the series x^a exp(-x) / gamma(a) (s_0 + s_1 + ...) of F with
    s_n = x^n / (a (a + 1) ... (a + n)). For a > 1000 the approximation of Wilson and Hilferty, in which
    (x / a)^(1/3) is normal, has an error below 1e-5. Figurnov et al. 2018, "Implicit reparameterization
    gradients".
    """
    small = np.minimum(a, LARGE)
    x = np.where(a > LARGE, 0, np.exp(log_x))
    term = harmonic = 1 / small
    total, weighted = term, term * harmonic
    n = 0
    while np.any(term * harmonic > 1e-17 * weighted):
        n += 1
        term, harmonic = term * x / (small + n), harmonic + 1 / (small + n)
        total, weighted = total + term, weighted + term * harmonic
    exact = weighted - total * (log_x - digamma(nncore.tensor(small)).numpy())
    large = np.maximum(a, LARGE)
    root = np.exp(np.where(a > LARGE, log_x - np.log(large), 0) / 3)
    z = 3 * np.sqrt(large) * (root - 1 + 1 / (9 * large))
    approximate = 1 / large + (1 / (3 * large) - z / (2 * np.sqrt(large))) / (large * root)
    slope: Array = np.where(a > LARGE, approximate, exact)
    return slope


class Gamma(Distribution):
    r"""The gamma distribution: density rate^a x^(a - 1) exp(-rate x) / gamma(a), a = concentration.

    Gradients of `rsample` are of first order; NumPy computes them, which raises in captured steps.

    Errors: ValueError if a parameter is not positive or the shapes do not match.

    >>> gamma = nncore.distributions.Gamma(2.0, nncore.tensor([1.0, 4.0]))
    >>> gamma.mean.tolist(), gamma.variance.tolist()
    ([2.0, 0.5], [2.0, 0.125])
    """

    arg_constraints: ClassVar[Constraints] = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    support = constraints.nonnegative
    has_rsample = True

    def __init__(
        self, concentration: Tensor | float, rate: Tensor | float, validate_args: bool | None = None
    ) -> None:
        self.concentration, self.rate = broadcast("Gamma", concentration=concentration, rate=rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return (self.concentration - 1).clamp(0.0) / self.rate

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        log_x = log_of_standard_gamma(self.concentration, self._extended_shape(sample_shape))
        return (log_x - self.rate.log()).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        a = self.concentration
        return a * self.rate.log() + xlogy(a - 1, value) - self.rate * value - lgamma(a)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - self.rate.log() + lgamma(a) + (1 - a) * digamma(a)


class Beta(Distribution):
    r"""The beta distribution: density x^(a - 1) (1 - x)^(b - 1) gamma(a + b) / (gamma(a) gamma(b)).

    a = concentration1, b = concentration0. Errors: ValueError if a parameter is not positive or the shapes do
    not match.

    >>> nncore.distributions.Beta(1.0, 3.0).mean.item()
    0.25
    """

    arg_constraints: ClassVar[Constraints] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        concentration1: Tensor | float,
        concentration0: Tensor | float,
        validate_args: bool | None = None,
    ) -> None:
        self.concentration1, self.concentration0 = broadcast(
            "Beta", concentration1=concentration1, concentration0=concentration0
        )
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    @property
    def _total(self) -> Tensor:
        return self.concentration1 + self.concentration0

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / self._total

    @property
    def variance(self) -> Tensor:
        total = self._total
        return self.concentration1 * self.concentration0 / (total.square() * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        log_x = log_of_standard_gamma(self.concentration1, shape)
        return nncore.sigmoid(log_x - log_of_standard_gamma(self.concentration0, shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return xlogy(a - 1, value) + xlogy(b - 1, 1 - value) - log_beta(a, b)

    def entropy(self) -> Tensor:
        a, b, total = self.concentration1, self.concentration0, self._total
        return log_beta(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (total - 2) * digamma(total)


class Dirichlet(Distribution):
    r"""The Dirichlet distribution of vectors x of positive numbers with sum 1.

    The density is the product of x_k^(a_k - 1) / gamma(a_k), times gamma(sum of a), a = concentration.
    Errors: ValueError if a number is not positive, or for a concentration without dimensions.

    >>> nncore.distributions.Dirichlet(nncore.tensor([1.0, 3.0])).mean.tolist()
    [0.25, 0.75]
    """

    arg_constraints: ClassVar[Constraints] = {"concentration": constraints.positive_vector}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        [self.concentration] = broadcast("Dirichlet", concentration=concentration)
        shape = self.concentration.shape
        if not shape:
            raise ValueError("Dirichlet: concentration must have at least one dimension, got a number")
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def _total(self) -> Tensor:
        return self.concentration.sum(-1, keepdim=True)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self._total

    @property
    def mode(self) -> Tensor:
        a = self.concentration
        above = (a - 1).clamp(0.0)
        largest = functional.one_hot(a.argmax(-1), a.shape[-1]).to(a.dtype)
        return nncore.where((a < 1).all(-1).unsqueeze(-1), largest, above / above.sum(-1, keepdim=True))

    @property
    def variance(self) -> Tensor:
        a, total = self.concentration, self._total
        return a * (total - a) / (total.square() * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        log_x = log_of_standard_gamma(self.concentration, self._extended_shape(sample_shape))
        return nncore.softmax(log_x, -1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return xlogy(self.concentration - 1, value).sum(-1) - self._log_beta

    def entropy(self) -> Tensor:
        a, total = self.concentration, self._total.squeeze(-1)
        spread = (total - a.shape[-1]) * digamma(total) - ((a - 1) * digamma(a)).sum(-1)
        return self._log_beta + spread

    @property
    def _log_beta(self) -> Tensor:
        return lgamma(self.concentration).sum(-1) - lgamma(self._total.squeeze(-1))
