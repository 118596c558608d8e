"""Invertible functions of samples, for `TransformedDistribution`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import nncore
from nncore import Tensor
from nncore.errors import arguments
from nncore.nn.functional import softplus

from . import constraints
from .constraints import Constraint
from .distribution import limits

__all__ = [
    "AffineTransform",
    "ComposeTransform",
    "ExpTransform",
    "SigmoidTransform",
    "TanhTransform",
    "Transform",
]


class Transform:
    """Base: an invertible function of each element; a subclass writes `_call`, `_inverse` and the Jacobian.

    With `cache_size=1` the inverse of the last result is the argument itself, without rounding.

    >>> transform = nncore.distributions.TanhTransform(cache_size=1)
    >>> transform.inv(transform(nncore.tensor(0.5))).item()
    0.5
    """

    bijective = True
    sign: Tensor | int = 1  # whether the function rises (1) or falls (-1)
    domain: Constraint = constraints.real
    codomain: Constraint = constraints.real

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"{type(self).__name__}: cache_size must be 0 or 1, got {cache_size!r}")
        self._cache_size = cache_size
        self._last: tuple[Any, Any] = (None, None)

    def __call__(self, x: Tensor) -> Tensor:
        if self._cache_size and x is self._last[0]:
            return self._last[1]  # type: ignore[no-any-return]
        arguments.tensors(type(self).__name__, x=x)
        return self._keep(x, self._call(x))[1]

    def inv(self, y: Tensor) -> Tensor:
        """The argument whose result is `y`."""
        if self._cache_size and y is self._last[1]:
            return self._last[0]  # type: ignore[no-any-return]
        arguments.tensors(type(self).__name__, y=y)
        return self._keep(self._inverse(y), y)[0]

    def _keep(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        if self._cache_size:
            self._last = (x, y)
        return x, y

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no _call")

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no _inverse")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log(abs(dy/dx)) for each element."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ExpTransform(Transform):
    """y = exp(x).

    >>> nncore.distributions.ExpTransform()(nncore.tensor(0.0)).item()
    1.0
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class AffineTransform(Transform):
    """y = loc + scale x, for each element. Errors: ValueError for event_dim other than 0.

    >>> nncore.distributions.AffineTransform(1.0, 2.0).inv(nncore.tensor(5.0)).item()
    2.0
    """

    def __init__(
        self, loc: Tensor | float, scale: Tensor | float, event_dim: int = 0, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        if event_dim != 0:
            raise ValueError(
                f"AffineTransform: event_dim must be 0, got {event_dim!r}; make the base distribution "
                "Independent, which sums over the dimensions of an event"
            )
        for name, value in (("loc", loc), ("scale", scale)):
            if not isinstance(value, Tensor):
                arguments.real("AffineTransform", name, value)
        self.loc, self.scale = loc, scale

    @property
    def sign(self) -> Tensor | int:  # type: ignore[override]
        """The sign of scale."""
        return self.scale.sign() if isinstance(self.scale, Tensor) else int(math.copysign(1, self.scale))

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (nncore.ones_like(x) * self.scale).abs().log()


class TanhTransform(Transform):
    """y = tanh(x); near -1 and 1 the inverse needs `cache_size=1`.

    >>> nncore.distributions.TanhTransform().log_abs_det_jacobian(nncore.zeros(1), nncore.zeros(1)).item()
    0.0
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return nncore.tanh(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return 0.5 * (nncore.log1p(y) - nncore.log1p(-y))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2 * (math.log(2) - x - softplus(-2 * x))  # log(1 - tanh(x)^2), without cancellation


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x)).

    >>> nncore.distributions.SigmoidTransform()(nncore.tensor(0.0)).item()
    0.5
    """

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return nncore.sigmoid(x)

    def _inverse(self, y: Tensor) -> Tensor:
        y = y.clamp(float(limits(y).tiny), 1 - float(limits(y).eps))
        return y.log() - nncore.log1p(-y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class ComposeTransform(Transform):
    """The transforms of a list, one after the other.

    >>> d = nncore.distributions
    >>> d.ComposeTransform([d.ExpTransform(), d.AffineTransform(1.0, 2.0)])(nncore.zeros(1)).tolist()
    [3.0]
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = arguments.listed("ComposeTransform", "parts", parts)
        for part in self.parts:
            if not isinstance(part, Transform):
                raise TypeError(f"ComposeTransform: parts must be Transforms, got a {type(part).__name__}")
        if self.parts:
            self.domain, self.codomain = self.parts[0].domain, self.parts[-1].codomain

    @property
    def sign(self) -> Tensor | int:  # type: ignore[override]
        """The product of the signs."""
        sign: Tensor | int = 1
        for part in self.parts:
            sign = sign * part.sign
        return sign

    def _call(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Tensor) -> Tensor:
        for part in reversed(self.parts):
            y = part.inv(y)
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        total = nncore.zeros_like(x)
        for part in self.parts:
            after = part(x)
            total = total + part.log_abs_det_jacobian(x, after)
            x = after
        return total
