"""Random affine maps of the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import cos, from_numpy, sin, stack, tan
from nncore.data.transforms.images import Images, RandomTransform, filled
from nncore.data.transforms.resize import InterpolationMode, rounded, way
from nncore.data.transforms.settings import around_zero, fill_value, interval, numbers
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore._core import Generator

POINTS = 1 << 18  # pixels that are sampled at once


class RandomAffine(RandomTransform):
    """Each image rotated, moved, scaled and sheared at random around its center, as in torchvision.

    All are uniform: the angle, clockwise in degrees, in `degrees` (a, b), or (-a, a) for one number; the
    shift in whole pixels up to `translate` (x, y) times the width and height; the factor in `scale`; the
    angles of `shear` in (-a, a), (a, b), or along x and y in (a, b, c, d). `center` is (x, y) in pixels.
    The pixels of the result are computed by `interpolation`, "nearest" or "bilinear", from the image
    continued with `fill`, one number or one per channel.
    Errors: ValueError for translate outside [0, 1], scale of 0 or less, and other numbers of values.

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
        self.scale = (1.0, 1.0) if scale is None else interval(self._name, "scale", scale, above=0)
        self.shear = _shears(self._name, shear)
        self.interpolation = _sampled(self._name, interpolation)
        self.fill = fill_value(self._name, fill)
        self.center = None if center is None else numbers(self._name, "center", center, (2,))

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
        self.center = None if center is None else numbers(self._name, "center", center, (2,))
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
    outside = filled(where, fill, images)
    y, x = np.divmod(np.arange(height * width), max(width, 1))
    made = np.empty_like(images)
    at_once = max(POINTS // max(height * width, 1), 1)
    for start in range(0, n, at_once):
        part = slice(start, start + at_once)
        p = np.stack([x, y]) - (middle + shift[part])[:, :, None]  # (N, 2, H W)
        m = maps[part]
        p = m[:, :, :1] * p[:, :1] + m[:, :, 1:] * p[:, 1:] + middle[:, None]
        sample = _nearest if mode is InterpolationMode.NEAREST else _bilinear
        made[part] = sample(images[part], p[:, 0], p[:, 1], outside).reshape(-1, channels, height, width)
    return made


def _nearest(images: Images, x: Images, y: Images, outside: Images) -> Images:
    return _pixels(images, np.rint(x), np.rint(y), outside)


def _bilinear(images: Images, x: Images, y: Images, outside: Images) -> Images:
    """The average of the four pixels around each point, with the areas across from them as weights."""
    left, top = np.floor(x), np.floor(y)
    right, down = (x - left)[:, None], (y - top)[:, None]
    rows = (
        _pixels(images, left, top + dy, outside) * (1 - right)
        + _pixels(images, left + 1, top + dy, outside) * right
        for dy in (0, 1)
    )
    return rounded(next(rows) * (1 - down) + next(rows) * down, images.dtype)


def _pixels(images: Images, x: Images, y: Images, outside: Images) -> Images:
    """The pixels (N, C, P) at whole coordinates (N, P)."""
    n, channels, height, width = images.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    at = np.where(inside, y * width + x, 0).astype(np.int64)
    found = np.take_along_axis(images.reshape(n, channels, -1), at[:, None], axis=2)
    return np.where(inside[:, None], found, outside[..., 0])


def _sampled(where: str, interpolation: Any) -> InterpolationMode:
    mode = way(where, interpolation)
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"{where}: interpolation is {mode.value!r}; expected 'nearest' or 'bilinear'")
    return mode


def _shears(where: str, shear: Any) -> list[tuple[float, float]]:
    """The ranges of the angles along x and y."""
    if shear is None:
        shear = 0
    if not hasattr(shear, "__len__") or len(shear) != 4:
        return [around_zero(where, "shear", shear), (0.0, 0.0)]
    return [interval(where, "shear", shear[:2]), interval(where, "shear", shear[2:])]
