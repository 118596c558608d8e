"""Normalization as functions, with PyTorch's arguments."""

from __future__ import annotations

import math

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number, optional_tensors, real, tensors
from nncore.errors.arguments import size as whole_number

__all__ = ["instance_norm", "local_response_norm", "normalize"]


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x / max(|x|_p, eps) along dim; |x|_0 is the number of nonzero entries.

    Errors: ValueError if p is NaN.

    >>> nn.functional.normalize(nncore.tensor([[3.0, 4.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    p = real("normalize", "p", p)
    if p == 2:
        return _core.l2_normalize(input, dim, eps)
    tensors("normalize", input=input)
    if math.isnan(p):
        raise ValueError("normalize: p is NaN; expected a number or infinity")
    magnitude = _core.abs(input)
    if p == math.inf:
        length = magnitude.max(dim, True).values
    elif p in (0, -math.inf):
        length = _core.norm(input, p, dim, True)
    else:
        length = magnitude.sum(dim, True) if p == 1 else (magnitude**p).sum(dim, True) ** (1 / p)
    return input / _core.clamp(length, eps, math.inf)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`group_norm` with one group per channel: mean and variance over each channel of each image.

    running_mean and running_var, if given, become (1 - momentum) running + momentum mean over the images, in
    place. With `use_input_stats=False` they replace the input's statistics, as in `batch_norm`.
    Errors: ValueError for other shapes and for one value per channel.
    Source: Ulyanov, Vedaldi and Lempitsky 2016.
    """
    tensors("instance_norm", input=input)
    if input.ndim < 3:
        raise ValueError(f"instance_norm: the input has shape {input.shape}; expected (N, C, ...)")
    if (running_mean is None) != (running_var is None):
        raise ValueError("instance_norm: give both running_mean and running_var, or neither")
    number("instance_norm", "momentum", momentum, 0.0, 1.0)
    optional_tensors("instance_norm", running_mean=running_mean, running_var=running_var)
    for name, kept in (("running_mean", running_mean), ("running_var", running_var)):
        if kept is not None and (kept.shape, kept.dtype) != ((input.shape[1],), input.dtype):
            raise ValueError(
                f"instance_norm: {name} has shape {kept.shape} and {kept.dtype}, but the input {input.shape} "
                f"and {input.dtype} needs ({input.shape[1]},)"
            )
    if not use_input_stats:
        if running_mean is None:
            raise ValueError("instance_norm: use_input_stats=False needs running_mean and running_var")
        return _core.batch_norm(input, running_mean, running_var, weight, bias, eps=eps)
    if math.prod(input.shape[2:]) == 1:
        raise ValueError(
            f"instance_norm: an input of shape {input.shape} has one value per channel, with variance 0; "
            "give more values"
        )
    y = _core.group_norm(input, input.shape[1], weight, bias, eps)
    if running_mean is not None and running_var is not None and input.numel() > 0:
        var, mean = _core.var_mean(input.detach(), tuple(range(2, input.ndim)))
        _core.assign_(running_mean, running_mean.lerp(mean.mean(0), momentum))
        _core.assign_(running_var, running_var.lerp(var.mean(0), momentum))
    return y


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0, *, average: bool = True
) -> Tensor:
    """x / (k + alpha mean(x²))^beta, the mean over `size` neighboring channels; channels outside count 0.

    `average=False` takes alpha times the sum, as the paper does; AlexNet has size 5, alpha 1e-4, beta 0.75
    and k 2. Source: Krizhevsky, Sutskever and Hinton 2012, section 3.3.
    """
    where = "local_response_norm"
    count, scale = whole_number(where, "size", size), number(where, "alpha", alpha)
    return _core.response_norm(input, count, scale / count if average and count else scale, beta, k)
