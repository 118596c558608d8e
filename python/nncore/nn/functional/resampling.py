"""Interpolation of planes, and the grids of affine maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import listed, number, tensors, text
from nncore.errors.arguments import size as whole_number
from nncore.errors.mismatch import called
from nncore.nn.sizes import Sizes

__all__ = ["affine_grid", "interpolate"]

# The numbers of axes after (N, C) that each mode takes
_MODES: dict[str, tuple[int, ...]] = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
}
_WITH_CORNERS = ("linear", "bilinear", "bicubic", "trilinear")


def _per_axis(name: str, value: object, axes: int) -> list[object]:
    """One value for each axis."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return [value] * axes
    if len(value) != axes:
        raise ValueError(f"interpolate: {name} has {len(value)} numbers; expected one number or {axes}")
    return list(value)


def _scaled(n: int, factor: float) -> int:
    if (found := math.floor(n * factor)) < 1:
        raise ValueError(f"interpolate: scale_factor {factor:g} leaves no element of an axis of {n}")
    return found


def interpolate(
    input: Tensor,
    size: Sizes | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Planes (N, C, sizes) of one to three axes with new sizes, by interpolation.

    The new sizes are `size`, or those of the input times scale_factor, rounded down. Pixel i of the result
    lies at (i + 1/2) s - 1/2 in the input, with s = 1 / scale_factor, or the quotient of the sizes if `size`
    is given or with recompute_scale_factor. With align_corners, the first and last pixels of both lie at the
    same positions. `mode` is one of

    * 'nearest': pixel floor(i s); 'nearest-exact': pixel floor((i + 1/2) s)
    * 'linear', 'bilinear', 'trilinear' for one, two and three axes: the two nearest pixels of each axis
    * 'bicubic' for two axes: four pixels of each axis, with a = -0.75; the result may exceed their range
    * 'area': the mean over the windows of `adaptive_avg_pool2d`

    Errors: ValueError unless there is one of size and scale_factor, for sizes below 1, for a mode that does
    not fit the input, for align_corners with another mode, and for antialias, which does not exist here.
    Source: Keys 1981 for 'bicubic'.

    >>> x = nncore.tensor([[[0.0, 4.0]]])
    >>> nn.functional.interpolate(x, scale_factor=2).tolist()
    [[[0.0, 0.0, 4.0, 4.0]]]
    >>> nn.functional.interpolate(x, 4, mode="linear").tolist()
    [[[0.0, 1.0, 3.0, 4.0]]]
    """
    where = "interpolate"
    tensors(where, input=input)
    if text(where, "mode", mode) not in _MODES:
        raise ValueError(f"{where}: mode is '{mode}'; expected one of {', '.join(map(repr, _MODES))}")
    axes = input.ndim - 2
    if axes not in _MODES[mode]:
        wanted = " or ".join(str(n + 2) for n in _MODES[mode])
        raise ValueError(
            f"{where}: the input has shape {input.shape} but mode '{mode}' needs {wanted} axes, (N, C) first"
        )
    if antialias:
        raise ValueError(
            f"{where}: antialias=True does not exist in nncore; blur the input before, for example with "
            "avg_pool2d, or use mode 'area'"
        )
    if align_corners is not None and mode not in _WITH_CORNERS:
        raise ValueError(
            f"{where}: align_corners has no meaning with mode '{mode}'; leave it out, or use one of "
            f"{', '.join(map(repr, _WITH_CORNERS))}"
        )
    if (size is None) == (scale_factor is None):
        raise ValueError(f"{where}: give either size or scale_factor")
    scales: list[float] = []
    if size is not None:
        if recompute_scale_factor:
            raise ValueError(f"{where}: recompute_scale_factor needs a scale_factor instead of a size")
        sizes = [whole_number(where, "size", n, 1) for n in _per_axis("size", size, axes)]
    else:
        factors = _per_axis("scale_factor", scale_factor, axes)
        scales = [number(where, "scale_factor", s, above=0.0, high=2.0**31) for s in factors]
        sizes = [_scaled(n, s) for n, s in zip(input.shape[2:], scales, strict=True)]
    if mode == "area":
        mean: Callable[..., Tensor] = getattr(_core, f"adaptive_avg_pool{axes}d")
        with called(where):
            return mean(input, sizes)
    kind = "linear" if mode in ("bilinear", "trilinear") else mode
    return _core.interpolate_to(
        input, sizes, [] if recompute_scale_factor else scales, kind, bool(align_corners)
    )


def _positions(n: int, align_corners: bool, like: Tensor) -> Tensor:
    """n evenly spaced numbers from -1 to 1, or the middles of n equal parts between them."""
    if align_corners and n > 1:
        return _core.linspace(-1, 1, n, dtype=like.dtype, device=like.device)
    steps = _core.arange(n, dtype=like.dtype, device=like.device)
    return steps if align_corners else (2 * steps + 1) / n - 1


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid of `grid_sample` for affine maps theta: the points theta (x, y, 1) for all pixels (x, y).

    theta (N, 2, 3) with size (N, C, H, W) gives (N, H, W, 2); theta (N, 3, 4) with size (N, C, D, H, W) gives
    (N, D, H, W, 3). Coordinates go from -1 to 1, as `grid_sample` with the same align_corners reads them. An
    axis of one pixel has the coordinate 0.
    Errors: ValueError for shapes that do not fit and sizes below 1, TypeError unless theta has floats.
    Source: Jaderberg et al. 2015, eq. 1.

    >>> theta = nncore.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    >>> nn.functional.affine_grid(theta, (1, 1, 1, 2), align_corners=True).tolist()
    [[[[-0.5, 0.0], [1.5, 0.0]]]]
    """
    where = "affine_grid"
    tensors(where, theta=theta)
    sizes = [whole_number(where, "size", n, 1) for n in listed(where, "size", size)]
    axes = len(sizes) - 2
    if axes not in (2, 3):
        raise ValueError(f"{where}: size has {len(sizes)} numbers; expected (N, C, H, W) or (N, C, D, H, W)")
    if theta.shape != (sizes[0], axes, axes + 1):
        raise ValueError(
            f"{where}: theta has shape {theta.shape} but size {tuple(sizes)} needs "
            f"{(sizes[0], axes, axes + 1)}"
        )
    if theta.dtype not in (_core.float32, _core.float64):
        raise TypeError(f"{where}: theta is {theta.dtype}; expected float32 or float64")
    columns = theta.reshape(sizes[0], *(1,) * axes, axes, axes + 1)
    grid = columns[..., axes]
    for i in range(axes):  # coordinate 0 runs along the last axis
        along = _positions(sizes[-1 - i], bool(align_corners), theta).reshape(-1, *(1,) * (i + 1))
        grid = grid + along * columns[..., i]
    return grid
