"""The base of distributions, and the conversion of their arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

import nncore
from nncore import Tensor, _core
from nncore.errors import arguments

from .constraints import Constraint, Constraints

__all__ = ["Distribution"]

Shape = tuple[int, ...]
Self = TypeVar("Self", bound="Distribution")


class Distribution:
    """Base: a batch of independent distributions of one kind; see `Normal` for an example.

    A sample has the shape sample_shape + batch_shape + event_shape. A subclass sets its parameters, then
    calls this constructor, which checks them against `arg_constraints`.
    """

    has_rsample: ClassVar[bool] = False
    has_enumerate_support: ClassVar[bool] = False
    arg_constraints: ClassVar[Constraints] = {}
    _default_validate_args: ClassVar[bool] = __debug__

    def __init__(
        self,
        batch_shape: Sequence[int] = (),
        event_shape: Sequence[int] = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape, self._event_shape = tuple(batch_shape), tuple(event_shape)
        self._validate_args = self._default_validate_args if validate_args is None else validate_args
        if self._validate_args:
            for name, value in self._parameters():
                _check(type(self).__name__, name, value, self.arg_constraints[name])

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Set whether distributions check their arguments if `validate_args` is not given."""
        Distribution._default_validate_args = value

    def _parameters(self) -> Iterator[tuple[str, Tensor]]:
        """The parameters from which the distribution can be made again."""
        return ((name, getattr(self, name)) for name in self.arg_constraints)

    @property
    def batch_shape(self) -> Shape:
        """The shape of the parameters without the dimensions of an event."""
        return self._batch_shape

    @property
    def event_shape(self) -> Shape:
        """The shape of one sample of one distribution."""
        return self._event_shape

    @property
    def support(self) -> Constraint:
        """The set of possible samples."""
        raise NotImplementedError(f"{type(self).__name__} has no support")

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError(f"{type(self).__name__} has no mean")

    @property
    def mode(self) -> Tensor:
        """The value with the largest density."""
        raise NotImplementedError(f"{type(self).__name__} has no mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise NotImplementedError(f"{type(self).__name__} has no variance")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def expand(self: Self, batch_shape: Sequence[int]) -> Self:
        """The same distribution with its parameters broadcast to `batch_shape`."""
        shape = tuple(batch_shape)
        given: dict[str, Any] = {}
        for name, value in self._parameters():
            event = value.shape[value.ndim - self.arg_constraints[name].event_dim :]
            given[name] = nncore.broadcast_to(value, shape + event)
        new = type(self)(**given, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values of shape sample_shape + batch_shape + event_shape, without gradients."""
        with nncore.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values with gradients with respect to the parameters, if `has_rsample`."""
        raise NotImplementedError(f"{type(self).__name__} has no rsample; use sample() and log_prob()")

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density or probability of `value`, of shape sample_shape + batch_shape."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a sample that is at most `value`."""
        raise NotImplementedError(f"{type(self).__name__} has no cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of `cdf`."""
        raise NotImplementedError(f"{type(self).__name__} has no icdf")

    def entropy(self) -> Tensor:
        """The expected value of -log_prob, of shape batch_shape."""
        raise NotImplementedError(f"{type(self).__name__} has no entropy")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All possible values, along a new first dimension."""
        raise NotImplementedError(f"{type(self).__name__} has no enumerate_support")

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Sequence[int] = ()) -> Shape:
        if isinstance(sample_shape, int):
            name = type(self).__name__
            raise TypeError(
                f"{name}: sample_shape must be a tuple of ints, got {sample_shape}; write ({sample_shape},)"
            )
        return tuple(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value: Tensor) -> None:
        """Raise an error if `value` is not a tensor of possible samples."""
        name, expected = type(self).__name__, self._batch_shape + self._event_shape
        arguments.tensors(name, value=value)
        if not self._validate_args:
            return
        events = len(self._event_shape)
        fits = value.shape[max(value.ndim - events, 0) :] == self._event_shape
        try:
            np.broadcast_shapes(value.shape, expected)
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{name}: value of shape {value.shape} does not match batch_shape {self._batch_shape} and "
                f"event_shape {self._event_shape}"
            )
        _check(name, "value", value, self.support)

    def __repr__(self) -> str:
        shown = (f"{k}: {v.item() if v.ndim == 0 else v.shape}" for k, v in self._parameters())
        return f"{type(self).__name__}({', '.join(shown)})"


def _check(where: str, name: str, value: Tensor, constraint: Constraint) -> None:
    """Raise ValueError if an event is not in the set; nothing is checked in captured steps."""
    if _core.capturing():
        return
    good = constraint.check(value.detach())
    if good.all().item():
        return
    at = tuple(int(i) for i in np.argwhere(~good.numpy())[0])
    raise ValueError(
        f"{where}: {name} must be {constraint.text}, got {value.detach().numpy()[at].tolist()}"
        f"{f' at {list(at)}' if at else ''}"
    )


def broadcast(where: str, **given: Tensor | float) -> list[Tensor]:
    """Parameters as tensors of one shape and one float dtype, that of the tensors or the default dtype."""
    tensors = {name: value for name, value in given.items() if isinstance(value, Tensor)}
    for name, value in tensors.items():
        if value.dtype not in (nncore.float32, nncore.float64):
            raise TypeError(
                f"{where}: {name} must be a float tensor, got {value.dtype}; convert it with .float()"
            )
    dtypes = {value.dtype for value in tensors.values()} or {nncore.get_default_dtype()}
    dtype = nncore.float64 if nncore.float64 in dtypes else nncore.float32
    values = [
        value.to(dtype)
        if isinstance(value, Tensor)
        else nncore.full((), arguments.real(where, name, value), dtype=dtype)
        for name, value in given.items()
    ]
    try:
        shape = np.broadcast_shapes(*(value.shape for value in values))
    except ValueError:
        shapes = " and ".join(f"{name} of shape {v.shape}" for name, v in zip(given, values, strict=True))
        raise ValueError(f"{where}: {shapes} cannot be broadcast together") from None
    return [nncore.broadcast_to(value, shape) for value in values]


def one_of(where: str, **given: Tensor | float | None) -> tuple[str, Tensor]:
    """The name and tensor of the only argument that is not None."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) != 1:
        raise ValueError(f"{where}: give one of {' and '.join(given)}, got {' and '.join(found) or 'none'}")
    [(name, value)] = found.items()
    return name, broadcast(where, **{name: value})[0]


def uniform(like: Tensor, shape: Shape) -> Tensor:
    """Uniform random numbers in (0, 1) of the dtype of `like`."""
    return nncore.rand(shape, dtype=like.dtype).clamp(float(limits(like).eps) / 2)


def limits(x: Tensor) -> np.finfo[Any]:
    """The machine limits of the dtype of `x`."""
    return np.finfo(np.float64 if x.dtype == nncore.float64 else np.float32)
