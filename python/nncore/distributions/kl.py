"""The divergence of Kullback and Leibler, one closed form per pair of distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import nncore
from nncore import Tensor
from nncore.nn.functional import softplus

from .continuous import Exponential, Laplace, Normal, Uniform
from .discrete import Bernoulli, Categorical, Geometric, OneHotCategorical
from .distribution import Distribution
from .gamma import Beta, Dirichlet, Gamma
from .independent import Independent, sum_last
from .multivariate_normal import MultivariateNormal
from .skewed import HalfNormal
from .special import digamma, lgamma, log_beta
from .transformed import LogNormal

__all__ = ["kl_divergence", "register_kl"]

Formula = Callable[[Any, Any], Tensor]
_FORMULAS: dict[tuple[type, type], Formula] = {}


def register_kl(type_p: Any, type_q: Any) -> Callable[[Formula], Formula]:
    """Decorator of a function (p, q) that computes the divergence of a pair of types and their subclasses.

    Errors: TypeError if a type is not a distribution.
    """
    for name, given in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"register_kl: {name} must be a subclass of Distribution, got {given!r}")

    def register(formula: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = formula
        return formula

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The expected value of log(p(x) / q(x)) for x drawn from p, of shape batch_shape.

    Errors: NotImplementedError if no formula is registered for the pair of types.

    >>> from nncore.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0)).item()
    0.5
    """
    for kind_p in type(p).__mro__:
        for kind_q in type(q).__mro__:
            if (kind_p, kind_q) in _FORMULAS:
                return _FORMULAS[kind_p, kind_q](p, q)
    raise NotImplementedError(
        f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}; add one with "
        "@register_kl, or take the mean of p.log_prob(x) - q.log_prob(x) over samples x of p"
    )


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).square() - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio - 1 - ratio.log())


@register_kl(LogNormal, LogNormal)
def _log_normal(p: LogNormal, q: LogNormal) -> Tensor:
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return distance / q.scale + ratio * (-distance / p.scale).exp() - ratio.log() - 1


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    found = ((q.high - q.low) / (p.high - p.low)).log()
    outside = (q.low > p.low) | (q.high < p.high)
    return nncore.where(outside, nncore.full_like(found, math.inf), found)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    one = softplus(-q.logits) - softplus(-p.logits)
    zero = softplus(q.logits) - softplus(p.logits)
    return _expected(p.probs, q.probs, one) + _expected(1 - p.probs, 1 - q.probs, zero)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - nncore.log1p(-q.probs) / p.probs - q.logits


@register_kl(Categorical, Categorical)
@register_kl(OneHotCategorical, OneHotCategorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    return _expected(p.probs, q.probs, p.logits - q.logits).sum(-1)


def _expected(p: Tensor, q: Tensor, log_ratio: Tensor) -> Tensor:
    """p log_ratio; 0 where p is 0, else infinite where q is 0."""
    none = p == 0
    term = p * nncore.where(none, nncore.zeros_like(log_ratio), log_ratio)
    return nncore.where((q == 0) & ~none, nncore.full_like(term, math.inf), term)


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    rates = b * (p.rate / q.rate).log() + (q.rate - p.rate) * (a / p.rate)
    return rates + lgamma(b) - lgamma(a) + (a - b) * digamma(a)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    difference = log_beta(q.concentration1, q.concentration0) - log_beta(p.concentration1, p.concentration0)
    one = (p.concentration1 - q.concentration1) * digamma(p.concentration1)
    zero = (p.concentration0 - q.concentration0) * digamma(p.concentration0)
    return difference + one + zero + (q._total - p._total) * digamma(p._total)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    return q._log_beta - p._log_beta + ((a - b) * (digamma(a) - digamma(p._total))).sum(-1)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(f"kl_divergence: event shapes {p.event_shape} and {q.event_shape} differ")
    m = q._inverse_tril
    spread = sum_last((m @ p.scale_tril).square(), 2)
    distance = (m @ (q.loc - p.loc).unsqueeze(-1)).square().sum((-1, -2))
    return q._half_log_det - p._half_log_det + 0.5 * (spread + distance - p.event_shape[0])


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    n = p.reinterpreted_batch_ndims
    if n != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            f"kl_divergence: the reinterpreted_batch_ndims {n} and {q.reinterpreted_batch_ndims} differ"
        )
    return sum_last(kl_divergence(p.base_dist, q.base_dist), n)
