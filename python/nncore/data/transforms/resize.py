"""Changes of the size of images."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import numpy as np

from nncore._core import from_numpy
from nncore.data.transforms.images import Images, Transform, is_pil
from nncore.data.transforms.settings import sides
from nncore.errors import arguments


class InterpolationMode(str, enum.Enum):
    """The ways to compute pixels between pixels, as in torchvision; transforms also take the strings."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Resize(Transform):
    """The image in another size, as in torchvision.

    `size` is (height, width), or one number for the shorter side; the other keeps the proportions, and
    `max_size` then limits it. `antialias` widens the filters of "bilinear" and "bicubic" when the image gets
    smaller. Pixel i of n from m: the filter is around (i + 0.5) m / n - 0.5. Pillow resizes its own images,
    always with `antialias`.
    Errors: ValueError for sizes below 1, max_size below size, and an image without pixels.
    Source: the filters of Pillow; Keys, "Cubic convolution interpolation" (1981), with a = -0.5, without
    antialias -0.75.

    >>> import numpy as np
    >>> from nncore.data.transforms import Resize
    >>> Resize((1, 2))(np.array([[0.0, 2.0, 4.0, 6.0]]))
    array([[1.42857143, 4.57142857]])
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        height, width = sides(self._name, "size", size)
        self.size = (height, width) if isinstance(size, Sequence) and len(size) == 2 else height
        self.interpolation = way(self._name, interpolation)
        self.max_size = max_size
        self.antialias = bool(antialias)
        if max_size is not None:
            if not isinstance(self.size, int):
                raise ValueError(f"{self._name}: max_size needs a size of one number, got {self.size}")
            arguments.size(self._name, "max_size", max_size, self.size + 1)

    def __call__(self, img: Any) -> Any:
        if not is_pil(img):
            return super().__call__(img)
        from PIL.Image import Resampling

        filters = {"bilinear": Resampling.BILINEAR, "bicubic": Resampling.BICUBIC}
        height, width = self._target(img.height, img.width)
        return img.resize((width, height), filters.get(self.interpolation.value, Resampling.NEAREST))

    def _apply(self, images: Images) -> Images:
        size = self._target(*images.shape[2:])
        if size == images.shape[2:]:
            return images
        if self.interpolation.value.startswith("nearest"):
            exact = self.interpolation is InterpolationMode.NEAREST_EXACT
            y, x = (_nearest(n, m, exact) for n, m in zip(size, images.shape[2:], strict=True))
            return images[:, :, y[:, None], x]
        dtype = np.result_type(images.dtype, np.float32)
        down, right = (
            from_numpy(weights(n, m, self.interpolation, self.antialias).astype(dtype))
            for n, m in zip(size, images.shape[2:], strict=True)
        )
        planes = from_numpy(np.ascontiguousarray(images, dtype).reshape(-1, *images.shape[2:]))
        made = (down @ (planes @ right.T)).numpy().reshape(*images.shape[:2], *size)
        return rounded(made, images.dtype)

    def _target(self, height: int, width: int) -> tuple[int, int]:
        """The size (height, width) of the result; one number is that of the shorter side."""
        if min(height, width) < 1:
            raise ValueError(f"{self._name}: the image ({height}, {width}) has no pixels")
        if not isinstance(self.size, int):
            return self.size
        short, long = sorted((height, width))
        new_short, new_long = self.size, int(self.size * long / short)
        if self.max_size is not None and new_long > self.max_size:
            new_short, new_long = max(int(self.max_size * new_short / new_long), 1), self.max_size
        return (new_short, new_long) if height <= width else (new_long, new_short)


def way(where: str, interpolation: Any) -> InterpolationMode:
    try:
        return InterpolationMode(interpolation)
    except ValueError:
        names = ", ".join(mode.value for mode in InterpolationMode)
        raise ValueError(
            f"{where}: interpolation is {arguments.brief(interpolation)}; expected one of {names}"
        ) from None


def weights(n: int, m: int, mode: InterpolationMode, antialias: bool) -> Images:
    """The matrix (n, m) that makes n pixels from m; each row adds up to 1."""
    step = m / n
    widen = max(step, 1.0) if antialias else 1.0
    center = (np.arange(n) + 0.5) * step - 0.5
    if antialias:
        distance = np.abs(np.arange(m) - center[:, None]) / widen
        w = _filter(distance, mode, -0.5)
        made: Images = w / w.sum(axis=1, keepdims=True)
        return made
    first = np.floor(center).astype(np.int64)
    made = np.zeros((n, m))
    for offset in range(-1, 3):  # beyond the border the last pixel counts again
        near = first + offset
        np.add.at(made, (np.arange(n), near.clip(0, m - 1)), _filter(np.abs(near - center), mode, -0.75))
    return made


def _filter(x: Images, mode: InterpolationMode, a: float) -> Images:
    """The weight of a pixel at distance x."""
    if mode is InterpolationMode.BILINEAR:
        return (1 - x).clip(0)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    made: Images = np.where(x < 1, near, np.where(x < 2, far, 0))
    return made


def _nearest(n: int, m: int, exact: bool) -> Images:
    """The pixel of m below the left border of pixel i of n, as in PyTorch, or `exact` below its center."""
    made: Images = (2 * np.arange(n) + exact) * m // (2 * n)
    return made


def rounded(values: Images, dtype: np.dtype[Any]) -> Images:
    """The values as dtype, rounded to the nearest number that it has if it holds integers."""
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    if dtype.kind == "b":
        return values >= 0.5
    limits = np.iinfo(dtype)
    return np.rint(values).clip(limits.min, limits.max).astype(dtype)
