"""Bernoulli, Geometric, Categorical and OneHotCategorical, given by probabilities or by logits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

import nncore
from nncore import Tensor
from nncore.nn import functional

from . import constraints
from .constraints import Constraints
from .distribution import Distribution, limits, one_of, uniform
from .special import xlogy

__all__ = ["Bernoulli", "Categorical", "Geometric", "OneHotCategorical"]


def _clamped(probs: Tensor) -> Tensor:
    """Probabilities away from 0 and 1, so that logarithms are finite, as in PyTorch."""
    eps = float(limits(probs).eps)
    return probs.clamp(eps, 1 - eps)


class _ProbsOrLogits(Distribution):
    """Base of distributions that take `probs` or `logits` and compute the other."""

    _given: str

    def _parameters(self) -> Iterator[tuple[str, Tensor]]:
        return iter([(self._given, getattr(self, self._given))])


class _Binary(_ProbsOrLogits):
    """Base of distributions given by the probability of success."""

    arg_constraints: ClassVar[Constraints] = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._given, self._value = one_of(type(self).__name__, probs=probs, logits=logits)
        super().__init__(self._value.shape, validate_args=validate_args)

    @property
    def probs(self) -> Tensor:
        """The probability of success."""
        return self._value if self._given == "probs" else nncore.sigmoid(self._value)

    @property
    def logits(self) -> Tensor:
        """log(probs / (1 - probs))."""
        return self._value if self._given == "logits" else nncore.logit(_clamped(self._value))


class Bernoulli(_Binary):
    r"""1 with probability probs = sigmoid(logits), else 0.

    Errors: ValueError unless one of probs and logits is given, and for probabilities outside [0, 1].

    >>> coin = nncore.distributions.Bernoulli(probs=nncore.tensor([0.5, 1.0]))
    >>> coin.sample()[1].item(), coin.log_prob(nncore.ones(2)).tolist()
    (1.0, [-0.693147..., -1.19...e-07])
    """

    support = constraints.boolean
    has_enumerate_support = True

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        probs = self.probs
        return nncore.where(probs == 0.5, nncore.full_like(probs, math.nan), (probs > 0.5).to(probs.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        probs = self.probs.detach()
        numbers = nncore.rand(self._extended_shape(sample_shape), dtype=probs.dtype)
        return (numbers < probs).to(probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -self._expected_softplus(value)

    def entropy(self) -> Tensor:
        return self._expected_softplus(self.probs)

    def _expected_softplus(self, one: Tensor) -> Tensor:
        """-log(probs) with weight `one` plus -log(1 - probs) with weight 1 - `one`."""
        logits = self.logits
        return one * functional.softplus(-logits) + (1 - one) * functional.softplus(logits)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = nncore.arange(2, dtype=self._value.dtype).reshape(2, *[1] * len(self._batch_shape))
        return nncore.broadcast_to(values, (2, *self._batch_shape)) if expand else values


class Geometric(_Binary):
    r"""The number of failures before the first success: probability (1 - probs)^k probs for k = 0, 1, ...

    Errors: ValueError unless one of probs and logits is given, and for probabilities outside (0, 1].

    >>> nncore.distributions.Geometric(nncore.tensor([0.25, 1.0])).mean.tolist()
    [3.0, 0.0]
    """

    arg_constraints: ClassVar[Constraints] = {
        "probs": constraints.positive_unit_interval,
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return nncore.zeros_like(self._value)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with nncore.no_grad():
            numbers = uniform(self._value, self._extended_shape(sample_shape))
            return (numbers.log() / nncore.log1p(-self.probs)).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return xlogy(value, 1 - self.probs) + self.probs.log()

    def entropy(self) -> Tensor:
        probs, logits = self.probs, self.logits
        return (probs * functional.softplus(-logits) + (1 - probs) * functional.softplus(logits)) / probs


class Categorical(_ProbsOrLogits):
    r"""A class from 0 to K - 1, with probability probs[..., k] = softmax(logits)[..., k].

    `probs` need not sum to 1; they are divided by their sum. Errors: ValueError unless one of probs and
    logits is given, and for negative probabilities.

    >>> policy = nncore.distributions.Categorical(probs=nncore.tensor([1.0, 3.0]))
    >>> policy.log_prob(nncore.tensor([0, 1])).exp().tolist(), policy.sample((5,)).shape
    ([0.25, 0.75], (5,))
    """

    arg_constraints: ClassVar[Constraints] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        self._given, value = one_of("Categorical", probs=probs, logits=logits)
        if value.ndim == 0:
            raise ValueError(f"Categorical: {self._given} must have at least one dimension, got a number")
        if self._given == "probs":
            self._value = value / value.sum(-1, keepdim=True)
        else:
            self._value = value - nncore.logsumexp(value, -1, keepdim=True)
        super().__init__(value.shape[:-1], validate_args=validate_args)

    @property
    def probs(self) -> Tensor:
        """The probability of each class."""
        return self._value if self._given == "probs" else nncore.softmax(self._value, -1)

    @property
    def logits(self) -> Tensor:
        """The logarithm of the probability of each class."""
        return self._value if self._given == "logits" else _clamped(self._value).log()

    @property
    def param_shape(self) -> tuple[int, ...]:
        """batch_shape + (K,)."""
        return self._value.shape

    @property
    def support(self) -> constraints.Constraint:
        return constraints.integer_interval(0, self.param_shape[-1] - 1)

    @property
    def mean(self) -> Tensor:
        return nncore.full(self._batch_shape, math.nan, dtype=self._value.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        return self.mean

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        total = self.probs.detach().cumsum(-1)
        total = total / total[..., -1:]  # ends with 1 exactly, so that every number below 1 has a class
        numbers = nncore.rand(self._extended_shape(sample_shape), dtype=total.dtype)
        return (total <= numbers.unsqueeze(-1)).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        shape = tuple(np.broadcast_shapes(value.shape, self._batch_shape))
        logits = nncore.broadcast_to(self.logits, shape + self.param_shape[-1:])
        chosen = nncore.broadcast_to(value.long(), shape).unsqueeze(-1)
        return logits.gather(-1, chosen).squeeze(-1)

    def entropy(self) -> Tensor:
        return -(self.probs * self.logits.clamp(float(limits(self._value).min))).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        classes = self.param_shape[-1]
        values = nncore.arange(classes).reshape(classes, *[1] * len(self._batch_shape))
        return nncore.broadcast_to(values, (classes, *self._batch_shape)) if expand else values


class OneHotCategorical(_ProbsOrLogits):
    r"""`Categorical` with one-hot vectors of K numbers as samples.

    >>> one_hot = nncore.distributions.OneHotCategorical(probs=nncore.tensor([0.0, 1.0]))
    >>> one_hot.sample().tolist(), one_hot.event_shape
    ([0.0, 1.0], (2,))
    """

    arg_constraints: ClassVar[Constraints] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        self._given = self._categorical._given
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args=False)
        self._validate_args = self._categorical._validate_args

    @property
    def probs(self) -> Tensor:
        """The probability of each class."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """The logarithm of the probability of each class."""
        return self._categorical.logits

    @property
    def param_shape(self) -> tuple[int, ...]:
        """batch_shape + (K,)."""
        return self._categorical.param_shape

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._one_hot(self._categorical.mode)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def _one_hot(self, classes: Tensor) -> Tensor:
        return functional.one_hot(classes, self._event_shape[0]).to(self.probs.dtype)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self._one_hot(self._categorical.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        n = self._event_shape[0]
        values = nncore.eye(n, dtype=self.probs.dtype).reshape(n, *[1] * len(self._batch_shape), n)
        return nncore.broadcast_to(values, (n, *self._batch_shape, n)) if expand else values
