"""Random affine maps of the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import cos, from_numpy, sin, stack, tan
from nncore.data.transforms.images import Images, RandomTransform, filled
from nncore.data.transforms.resize import InterpolationMode, rounded, way
from nncore.data.transforms.settings import (
    LONGEST,
    around_zero,
    fill_value,
    interval,
    numbers,
    sequence,
)
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore._core import Generator

POINTS = 1 << 16  # pixels that are sampled at once
LEAST = 1e-6  # scale


class RandomAffine(RandomTransform):
    """Each image rotated, moved, scaled and sheared at random around its center, as in torchvision.

    All are uniform: the angle, clockwise in degrees, in `degrees` (a, b), or (-a, a) for one number; the
    shift in whole pixels up to `translate` (x, y) times the width and height; the factor in `scale`; the
    angles of `shear` in (-a, a), (a, b), or along x and y in (a, b, c, d). `center` is (x, y) in pixels.
    The pixels of the result are computed by `interpolation`, "nearest" or "bilinear", from the image
    continued with `fill`, one number or one per channel.
    Errors: ValueError for translate outside [0, 1], scale below 1e-6, and other numbers of values.

    >>> import nncore
    >>> from nncore.data.transforms import RandomAffine
    >>> RandomAffine(15, translate=(0.1, 0.1), scale=(0.9, 1.1))(nncore.zeros(8, 3, 32, 32)).shape
    (8, 3, 32, 32)
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: InterpolationMode | str = InterpolationMode.NEAREST,
        fill: float | Sequence[float] = 0,
        center: Sequence[float] | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.degrees = around_zero(self._name, "degrees", degrees)
        self.translate = (
            (0.0, 0.0) if translate is None else numbers(self._name, "translate", translate, (2,))
        )
        for value in self.translate:
            arguments.number(self._name, "translate", value, 0, 1)
        self.scale = (1.0, 1.0) if scale is None else interval(self._name, "scale", scale, LEAST)
        self.shear = _shears(self._name, shear)
        self.interpolation = _sampled(self._name, interpolation)
        self.fill = fill_value(self._name, fill)
        self.center = _center(self._name, center)

    def _apply(self, images: Images) -> Images:
        n, _, height, width = images.shape
        u = self._draw(n, 6).T
        between = [self.degrees, self.scale, *self.shear]
        angle, scale, shear_x, shear_y = (
            low + (high - low) * r for (low, high), r in zip(between, u[:4], strict=True)
        )
        most = np.array(self.translate) * (width, height)
        shift = np.rint((2 * u[4:].T - 1) * most)
        maps = inverses(angle, shear_x, shear_y) / scale[:, None, None]
        return warped(self._name, images, maps, shift, self.center, self.interpolation, self.fill)


class RandomRotation(RandomTransform):
    """Each image rotated counterclockwise around its center by a random angle in `degrees`.

    As in torchvision. The arguments are those of `RandomAffine`. `expand` must be False, because
    it would give each image its own size.

    >>> import numpy as np
    >>> from nncore.data.transforms import RandomRotation
    >>> RandomRotation((90, 90))(np.array([[1, 2], [3, 4]]))
    array([[2, 4],
           [1, 3]])
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | str = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: float | Sequence[float] = 0,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.degrees = around_zero(self._name, "degrees", degrees)
        self.interpolation = _sampled(self._name, interpolation)
        if expand:
            raise ValueError(f"{self._name}: expand=True is not supported; use Pad first and crop afterwards")
        self.center = _center(self._name, center)
        self.fill = fill_value(self._name, fill)

    def _apply(self, images: Images) -> Images:
        low, high = self.degrees
        angle = -(low + (high - low) * self._draw(len(images)))
        none = np.zeros_like(angle)
        maps, still = inverses(angle, none, none), np.zeros((len(images), 2))
        return warped(self._name, images, maps, still, self.center, self.interpolation, self.fill)


def inverses(*degrees: Images) -> Images:
    """The inverses (N, 2, 2) of R(angle) Y(shear_y) X(shear_x), which rotate and shear along y and x.

    Their angles (N,) are in degrees. nncore's functions give the same bits on every machine.
    """
    angle, shear_x, shear_y = (from_numpy(np.radians(given)) for given in degrees)
    a = cos(angle - shear_y) / cos(shear_y)
    b = -a * tan(shear_x) - sin(angle)
    c = sin(angle - shear_y) / cos(shear_y)
    d = -c * tan(shear_x) + cos(angle)
    return stack([d, -b, -c, a], dim=1).numpy().reshape(-1, 2, 2)


def warped(
    where: str,
    images: Images,
    maps: Images,
    shift: Images,
    center: Sequence[float] | None,
    mode: InterpolationMode,
    fill: Any,
) -> Images:
    """The images whose pixel p is the pixel center + map (p - center - shift) of the given ones."""
    n, channels, height, width = images.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2] if center is None else np.subtract(center, 0.5))
    y, x = np.divmod(np.arange(height * width), max(width, 1))
    framed = np.empty((n, height + 4, width + 4, channels), images.dtype)  # two pixels around each image
    framed[:] = filled(where, fill, images).transpose(0, 2, 3, 1)
    framed[:, 2:-2, 2:-2] = images.transpose(0, 2, 3, 1)
    made = np.empty_like(images)
    at_once = max(POINTS // max(height * width, 1), 1)
    for start in range(0, n, at_once):
        part = slice(start, start + at_once)
        p = np.stack([x, y]) - (middle + shift[part])[:, :, None]  # (N, 2, H W)
        m = maps[part]
        p = m[:, :, :1] * p[:, :1] + m[:, :, 1:] * p[:, 1:] + middle[:, None]
        column, row = p[:, 0].clip(-2, width) + 2, p[:, 1].clip(-2, height) + 2
        sample = _nearest if mode is InterpolationMode.NEAREST else _bilinear
        colors = sample(framed[part], column, row).reshape(len(column), height, width, channels)
        made[part] = colors.transpose(0, 3, 1, 2)
    return made


def _nearest(images: Images, x: Images, y: Images) -> Images:
    return _colors(images, np.rint(x), np.rint(y))


def _bilinear(images: Images, x: Images, y: Images) -> Images:
    """The average of the four pixels around each point, with the areas across from them as weights."""
    left, top = np.floor(x), np.floor(y)
    dtype = np.result_type(images.dtype, np.float32)
    right, down = ((p - whole).astype(dtype)[..., None] for p, whole in ((x, left), (y, top)))
    above, below = (
        _colors(images, left, row) * (1 - right) + _colors(images, left + 1, row) * right
        for row in (top, top + 1)
    )
    return rounded(above * (1 - down) + below * down, images.dtype)


def _colors(images: Images, x: Images, y: Images) -> Images:
    """The colors (N, P, C) of the pixels at whole coordinates (N, P)."""
    n, height, width, channels = images.shape
    first = np.arange(n)[:, None] * (height * width)
    at = first + (y * width + x).astype(np.int64)
    found: Images = images.reshape(n * height * width, channels).take(at, axis=0)
    return found


def _sampled(where: str, interpolation: Any) -> InterpolationMode:
    mode = way(where, interpolation)
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"{where}: interpolation is {mode.value!r}; expected 'nearest' or 'bilinear'")
    return mode


def _center(where: str, center: Any) -> tuple[float, ...] | None:
    if center is None:
        return None
    return tuple(
        arguments.number(where, "center", value, -LONGEST, LONGEST)
        for value in sequence(where, "center", center, (2,))
    )


def _shears(where: str, shear: Any) -> list[tuple[float, float]]:
    """The ranges of the angles along x and y."""
    if shear is None:
        shear = 0
    if not hasattr(shear, "__len__") or len(shear) != 4:
        return [around_zero(where, "shear", shear), (0.0, 0.0)]
    return [interval(where, "shear", shear[:2]), interval(where, "shear", shear[2:])]
