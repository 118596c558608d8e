"""Fold batch normalization into the layer before it, for inference."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from nncore._core import Tensor
from nncore.errors.arguments import number, optional_tensors, tensors
from nncore.grad_mode import no_grad
from nncore.nn.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from nncore.nn.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nncore.nn.linear import Linear
from nncore.nn.parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval"]

Convolution = Conv1d | Conv2d | Conv3d | ConvTranspose1d | ConvTranspose2d | ConvTranspose3d
Norm = BatchNorm1d | BatchNorm2d | BatchNorm3d
Conv = TypeVar("Conv", bound=Convolution)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """The weight w s and the bias (b - mean) s + β of both layers, s = γ / sqrt(var + eps) per filter.

    `transpose`: the filters are axis 1 of the weight, in one group.
    Source: Jacob et al. 2018, "Quantization and training of neural networks", eq. 14.

    >>> one, two = nncore.ones(1), nncore.full((1,), 2.0)
    >>> w, b = nn.utils.fusion.fuse_conv_bn_weights(nncore.ones(1, 1, 1), None, one, one, 0.0, two, None)
    >>> w.tolist(), b.tolist()
    ([[[2.0]]], [-2.0])
    """
    tensors("fuse_conv_bn_weights", conv_w=conv_w, bn_rm=bn_rm, bn_rv=bn_rv)
    optional_tensors("fuse_conv_bn_weights", conv_b=conv_b, bn_w=bn_w, bn_b=bn_b)
    eps = number("fuse_conv_bn_weights", "bn_eps", bn_eps, 0)
    with no_grad():
        scale = (bn_rv + eps) ** -0.5
        if bn_w is not None:
            scale = scale * bn_w
        shape = [1] * conv_w.ndim
        shape[1 if transpose else 0] = -1
        weight = conv_w * scale.reshape(shape)
        bias = (-bn_rm if conv_b is None else conv_b - bn_rm) * scale
        if bn_b is not None:
            bias = bias + bn_b
    return Parameter(weight, conv_w.requires_grad), Parameter(bias, conv_w.requires_grad)


def fuse_conv_bn_eval(conv: Conv, bn: Norm, transpose: bool = False) -> Conv:
    """A copy of `conv` that computes bn(conv(x)) with the running statistics; both must be in eval mode.

    Errors: ValueError in training mode, without running statistics, and for other channels.

    >>> conv, bn = nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval()
    >>> fused, x = nn.utils.fuse_conv_bn_eval(conv, bn), nncore.ones(1, 1, 3, 3)
    >>> nncore.allclose(fused(x), bn(conv(x)), atol=1e-6)
    True
    """
    _check_layer("fuse_conv_bn_eval", "conv", conv, Convolution, "a convolution of nncore.nn")
    if not transpose and isinstance(conv, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)):
        raise ValueError(f"fuse_conv_bn_eval: conv is a {type(conv).__name__}; pass transpose=True")
    if transpose and conv.groups > 1:
        raise ValueError("fuse_conv_bn_eval: a transposed convolution must have one group to be fused")
    return _fused("fuse_conv_bn_eval", "conv", conv, bn, conv.out_channels, transpose)


def fuse_linear_bn_eval(linear: Linear, bn: Norm) -> Linear:
    """A copy of `linear` that computes bn(linear(x)) with the running statistics; see `fuse_conv_bn_eval`.

    >>> linear, bn = nn.Linear(2, 3).eval(), nn.BatchNorm1d(3).eval()
    >>> fused, x = nn.utils.fuse_linear_bn_eval(linear, bn), nncore.ones(4, 2)
    >>> nncore.allclose(fused(x), bn(linear(x)), atol=1e-6)
    True
    """
    _check_layer("fuse_linear_bn_eval", "linear", linear, Linear, "an nncore.nn.Linear")
    return _fused("fuse_linear_bn_eval", "linear", linear, bn, linear.out_features, False)


Layer = TypeVar("Layer", bound=Linear | Convolution)


def _check_layer(where: str, name: str, layer: object, kinds: Any, wanted: str) -> None:
    if not isinstance(layer, kinds):
        raise TypeError(f"{where}: {name} is a {type(layer).__name__}; expected {wanted}")


def _fused(where: str, name: str, layer: Layer, bn: Norm, filters: int, transpose: bool) -> Layer:
    _check_layer(where, "bn", bn, Norm, "a BatchNorm1d, BatchNorm2d or BatchNorm3d")
    if layer.training or bn.training:
        raise ValueError(f"{where}: both layers must be in eval mode; call .eval() first")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError(f"{where}: bn has no running statistics; make it with track_running_stats=True")
    if bn.num_features != filters:
        raise ValueError(f"{where}: bn has {bn.num_features} channels but {name} has {filters}")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused
