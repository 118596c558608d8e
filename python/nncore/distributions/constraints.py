"""Sets of values, such as the positive numbers, that check parameters and samples of distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import nncore
from nncore import Tensor

from .matrices import is_positive_definite

__all__ = [
    "Constraint",
    "Constraints",
    "boolean",
    "independent",
    "integer_interval",
    "interval",
    "lower_cholesky",
    "nonnegative",
    "one_hot",
    "positive",
    "positive_definite",
    "real",
    "real_vector",
    "simplex",
    "unit_interval",
]


@dataclass(frozen=True)
class Constraint:
    """A set of values; `check` tells for each event whether it is in the set.

    `event_dim` is the number of dimensions of an event.

    >>> nncore.distributions.constraints.positive.check(nncore.tensor([1.0, -1.0])).tolist()
    [True, False]
    """

    text: str  # completes "must be ..."
    check: Callable[[Tensor], Tensor]
    event_dim: int = 0
    is_discrete: bool = False

    def __repr__(self) -> str:
        return f"Constraint({self.text})"


Constraints = dict[str, Constraint]


def interval(lower: Tensor | float, upper: Tensor | float) -> Constraint:
    """The numbers from lower to upper.

    >>> nncore.distributions.constraints.interval(0.0, 2.0).check(nncore.tensor([1.0, 3.0])).tolist()
    [True, False]
    """
    return Constraint("between its bounds", lambda x: (x >= lower) & (x <= upper))


def integer_interval(lower: int, upper: int) -> Constraint:
    """The integers from lower to upper.

    >>> nncore.distributions.constraints.integer_interval(0, 2).check(nncore.tensor([1.0, 1.5])).tolist()
    [True, False]
    """

    def check(x: Tensor) -> Tensor:
        whole = x == nncore.floor(x) if x.dtype in (nncore.float32, nncore.float64) else x == x
        return whole & (x >= lower) & (x <= upper)

    return Constraint(f"an integer from {lower} to {upper}", check, is_discrete=True)


def independent(base: Constraint, ndims: int) -> Constraint:
    """Events whose last `ndims` dimensions are all in `base`.

    >>> both = nncore.distributions.constraints.independent(nncore.distributions.constraints.positive, 1)
    >>> both.check(nncore.tensor([[1.0, 2.0], [1.0, -1.0]])).tolist()
    [True, False]
    """
    return Constraint(
        base.text, lambda x: _all(base.check(x), ndims), base.event_dim + ndims, base.is_discrete
    )


def _all(found: Tensor, ndims: int) -> Tensor:
    for _ in range(ndims):
        found = found.all(-1)
    return found


def _is_lower_cholesky(x: Tensor) -> Tensor:
    return _all(nncore.tril(x) == x, 2) & (nncore.diagonal(x, 0, -2, -1) > 0).all(-1)


real = Constraint("real", lambda x: x == x)
positive = Constraint("positive", lambda x: x > 0)
nonnegative = Constraint("at least 0", lambda x: x >= 0)
unit_interval = Constraint("between 0 and 1", lambda x: (x >= 0) & (x <= 1))
positive_unit_interval = Constraint("above 0 and at most 1", lambda x: (x > 0) & (x <= 1))
nonnegative_integer = Constraint(
    "an integer of at least 0", lambda x: (x >= 0) & (x == nncore.floor(x)), is_discrete=True
)
boolean = Constraint("0 or 1", lambda x: (x == 0) | (x == 1), is_discrete=True)
positive_vector = independent(positive, 1)
simplex = Constraint(
    "at least 0 and sum to 1", lambda x: (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < 1e-6), event_dim=1
)
one_hot = Constraint(
    "one-hot", lambda x: ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1), event_dim=1, is_discrete=True
)
real_vector = independent(real, 1)
lower_cholesky = Constraint("lower triangular with a positive diagonal", _is_lower_cholesky, event_dim=2)
positive_definite = Constraint("positive definite", is_positive_definite, event_dim=2)
