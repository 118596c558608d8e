"""Pooling that consists of other functions, with PyTorch's arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number, optional_tensors, real, tensors
from nncore.errors.mismatch import called
from nncore.nn.sizes import Sizes, checked, one_per_axis

__all__ = ["fractional_max_pool2d", "fractional_max_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d"]


def _lp_pool(
    axes: int, input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes | None, ceil_mode: bool
) -> Tensor:
    name = f"lp_pool{axes}d"
    tensors(name, input=input)
    p = real(name, "norm_type", norm_type)
    if p == 0 or math.isnan(p):
        raise ValueError(f"{name}: norm_type is {norm_type}; expected a number that is not 0")
    with called(name):
        if math.isinf(p):
            largest: Callable[..., Tensor] = getattr(_core, f"max_pool{axes}d")
            if p > 0:
                return largest(input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
            return -largest(-input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
        mean: Callable[..., Tensor] = getattr(_core, f"avg_pool{axes}d")
        y = mean(input**p, kernel_size, stride, ceil_mode=ceil_mode)
    count = math.prod(one_per_axis(checked(name, "kernel_size", kernel_size, axes), axes))
    total: Tensor = y.sign() * y.abs().relu() * count  # relu: the gradient is 0 where y is 0
    return total ** (1 / p)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """(sum x^p)^(1/p) over each window of x (N, C, L) or (C, L), with p = norm_type.

    p = infinity gives the maximum of |x|, p = 1 the sum. The gradient is 0 where the sum is 0. stride is by
    default kernel_size. Errors: ValueError if p is 0, and those of `avg_pool1d`.

    >>> nn.functional.lp_pool1d(nncore.tensor([[3.0, 4.0]]), 2, 2).tolist()
    [[5.0]]
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`lp_pool1d` over images (N, C, H, W) or (C, H, W).

    >>> nn.functional.lp_pool2d(nncore.ones(1, 2, 2), 2, 2).tolist()
    [[[2.0]]]
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`lp_pool1d` over volumes (N, C, D, H, W) or (C, D, H, W).

    >>> nn.functional.lp_pool3d(nncore.ones(1, 2, 2, 2), 1, 2).tolist()
    [[[[8.0]]]]
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def _fractional(
    axes: int,
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None,
    output_ratio: float | Sequence[float] | None,
    return_indices: bool,
    samples: Tensor | None,
) -> Tensor | tuple[Tensor, Tensor]:
    name = f"fractional_max_pool{axes}d"
    tensors(name, input=input)
    optional_tensors(name, _random_samples=samples)
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{name}: give either output_size or output_ratio")
    if output_size is None:
        ratios = list(output_ratio) if isinstance(output_ratio, Sequence) else [output_ratio] * axes
        if len(ratios) != axes:
            raise ValueError(f"{name}: output_ratio has {len(ratios)} numbers; expected one number or {axes}")
        if input.ndim < axes:
            raise ValueError(f"{name}: the input has shape {input.shape}; expected {axes + 1} axes or more")
        parts = [number(name, "output_ratio", ratio, high=1.0, above=0.0) for ratio in ratios]
        output_size = [int(n * part) for n, part in zip(input.shape[-axes:], parts, strict=True)]
    pool: Callable[..., Tensor | tuple[Tensor, Tensor]] = getattr(_core, f"{name}_of_size")
    return pool(input, kernel_size, output_size, return_indices, samples)


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """The maximum of windows of kernel_size that begin at random steps, in images (N, C, H, W) or (C, H, W).

    The result has output_size, or output_ratio times the size of the input. With a random number u of each
    image and axis and a = (n - kernel_size) / (output_size - 1), window i begins at
    floor((i + u) a) - floor(u a), and the last one at n - kernel_size. `_random_samples` (N, C, 2) has u in
    [0, 1) for W and H. With return_indices, returns (values, indices) as `max_pool2d` does.
    Errors: ValueError unless there is one of output_size and output_ratio, and if the windows do not fit.
    Source: Graham 2014.

    >>> nn.functional.fractional_max_pool2d(nncore.ones(1, 5, 5), 2, output_size=3).shape
    (1, 3, 3)
    """
    return _fractional(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """`fractional_max_pool2d` in volumes (N, C, D, H, W) or (C, D, H, W).

    `_random_samples` (N, C, 3) has the random numbers for D, H and W.

    >>> nn.functional.fractional_max_pool3d(nncore.ones(1, 5, 5, 5), 2, output_ratio=0.6).shape
    (1, 3, 3, 3)
    """
    return _fractional(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)
