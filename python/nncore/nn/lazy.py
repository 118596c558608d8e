"""Layers that learn the number of their input features from the first batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import tensors

from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .linear import Linear
from .module import Module
from .parameter import UninitializedBuffer, UninitializedParameter
from .running import Running

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


class Lazy(Module):
    """Base: the first call or state dict makes the full layer; this one takes its tensors and its class."""

    cls_to_become: type[Any]  # its first argument is the number of features
    _count: str  # the attribute with the number of features
    _arguments: dict[str, Any]  # the other arguments

    def _defer(self, **arguments: Any) -> None:
        """Take the settings of a full layer without features, and placeholders for its tensors."""
        Module.__init__(self)
        self._arguments = arguments
        layer = self.cls_to_become(0, **arguments)
        for name, value in vars(layer).items():
            if name not in layer._registered:
                vars(self).setdefault(name, value)
            elif not isinstance(value, Tensor) or value.ndim == 0:
                self._register(name, value, layer._registered[name])
            else:
                kind = self._registered[name] = layer._registered[name]
                made = UninitializedParameter if kind == "parameter" else UninitializedBuffer
                vars(self)[name] = made(value.requires_grad, device=value.device, dtype=value.dtype)

    def _features(self, input: Tensor) -> int:
        """The number of features of an input; 0 if it has too few axes, which the full layer refuses."""
        raise NotImplementedError

    def _layer(self, features: int) -> Any:
        """The full layer for a number of features, with the settings that this layer has now."""
        waiting = {n: v for n, v in vars(self).items() if isinstance(v, UninitializedParameter)}
        settings = dict(self._arguments)
        for value in waiting.values():
            settings.update(device=value.device, dtype=value.dtype)
        layer = self.cls_to_become(features, **settings)
        for name, value in waiting.items():
            vars(layer)[name].requires_grad = value.requires_grad
        layer.training = self.training
        return layer

    def _full_layer(self, saved: Mapping[str, Any]) -> Any:
        shape = getattr(saved.get("weight", saved.get("running_mean")), "shape", ())
        return self._layer(shape[-1]) if shape else None

    def _become(self, layer: Any) -> None:
        if layer is None:
            return
        for name, kind in layer._registered.items():
            self._register(name, vars(layer)[name], kind)
        setattr(self, self._count, getattr(layer, self._count))
        del self._arguments
        self._made_with = layer._made_with
        self.__class__ = self.cls_to_become

    def has_uninitialized_params(self) -> bool:
        """Whether the layer waits for its first batch."""
        return True

    def initialize_parameters(self, input: Tensor) -> None:
        """Make the parameters that the input needs; the layer's class becomes `cls_to_become`."""
        self._become(self._layer_for(input))

    def _layer_for(self, input: Tensor) -> Any:
        tensors(type(self).__name__, input=input)
        return self._layer(self._features(input))

    def forward(self, input: Tensor) -> Any:
        layer = self._layer_for(input)
        output = layer.forward(input)  # an error leaves this layer as it was
        self._become(layer)
        return output


class LazyLinear(Lazy, Linear):
    """A `Linear` whose in_features is the last axis of its first input; from then on it is a Linear.

    A state dict of a `Linear` may be loaded before, and decides in_features. Make optimizers, and call
    `nncore.compile`, afterwards; `to()`, `double()` and deep copies also work before.
    Errors: TypeError if an optimizer gets its parameters before the first batch.
    Source: PyTorch's `torch.nn.LazyLinear`.

    >>> layer = nn.LazyLinear(2)
    >>> layer(nncore.ones(5, 3)).shape, layer
    ((5, 2), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear
    _count = "in_features"

    def __init__(
        self,
        out_features: int,
        bias: bool = True,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        self._defer(out_features=out_features, bias=bias, device=device, dtype=dtype)

    def _features(self, input: Tensor) -> int:
        return input.shape[-1] if input.ndim else 0


class _LazyNorm(Lazy, Running):
    _count = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        self._defer(
            eps=eps,
            momentum=momentum,
            affine=affine,
            track_running_stats=track_running_stats,
            bias=bias,
            device=device,
            dtype=dtype,
        )


class _LazyBatchNorm(_LazyNorm):
    def _features(self, input: Tensor) -> int:
        return input.shape[1] if input.ndim > 1 else 0


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    """A `BatchNorm1d` whose num_features is axis 1 of its first input; see `LazyLinear`.

    >>> layer = nn.LazyBatchNorm1d()
    >>> layer(nncore.ones(5, 3)).shape, layer.num_features
    ((5, 3), 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    """A `BatchNorm2d` whose num_features is axis 1 of its first input; see `LazyLinear`.

    >>> nn.LazyBatchNorm2d()(nncore.ones(5, 3, 2, 2)).shape
    (5, 3, 2, 2)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyBatchNorm, BatchNorm3d):
    """A `BatchNorm3d` whose num_features is axis 1 of its first input; see `LazyLinear`.

    >>> nn.LazyBatchNorm3d()(nncore.ones(5, 3, 2, 2, 2)).shape
    (5, 3, 2, 2, 2)
    """

    cls_to_become = BatchNorm3d


class _LazyInstanceNorm(_LazyNorm):
    def _features(self, input: Tensor) -> int:
        axes: int = self.cls_to_become.axes
        return input.shape[-axes - 1] if input.ndim > axes else 0


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An `InstanceNorm1d` whose num_features is the axis of channels of its first input; see `LazyLinear`.

    >>> nn.LazyInstanceNorm1d()(nncore.ones(5, 3, 2)).shape
    (5, 3, 2)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An `InstanceNorm2d` whose num_features is the axis of channels of its first input; see `LazyLinear`.

    >>> nn.LazyInstanceNorm2d()(nncore.ones(5, 3, 2, 2)).shape
    (5, 3, 2, 2)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An `InstanceNorm3d` whose num_features is the axis of channels of its first input; see `LazyLinear`.

    >>> nn.LazyInstanceNorm3d()(nncore.ones(3, 2, 2, 2)).shape
    (3, 2, 2, 2)
    """

    cls_to_become = InstanceNorm3d
