"""Random erasing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import exp, float64, from_numpy, randn
from nncore.data.transforms.images import Images, RandomTransform, filled
from nncore.data.transforms.resize import rounded
from nncore.data.transforms.settings import fill_value, interval, probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore._core import Generator

TRIES = 10  # rectangles that are drawn for each image; the first that fits is erased


class RandomErasing(RandomTransform):
    """Each image with a rectangle replaced by `value` with probability `p`, as in torchvision.

    The area is uniform in `scale` times that of the image; height / width is log-uniform in `ratio`. `value`
    is one number, one per channel, or "random" for normal random numbers. An image in which none of ten
    rectangles fits stays as it is.
    Errors: ValueError for p and scale outside [0, 1], and ratio of 0 or less.
    Source: Zhong et al. 2017, arXiv:1708.04896.

    >>> import nncore
    >>> from nncore.data.transforms import RandomErasing
    >>> erased = RandomErasing(p=1, scale=(0.25, 0.25), ratio=(1, 1))(nncore.ones(5, 1, 8, 8))
    >>> erased.sum(dim=(1, 2, 3)).tolist()
    [48.0, 48.0, 48.0, 48.0, 48.0]
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | Sequence[float] | str = 0,
        inplace: bool = False,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.p = probability(self._name, p)
        self.scale = interval(self._name, "scale", scale, 0, 1)
        self.ratio = interval(self._name, "ratio", ratio, above=0)
        self.inplace = bool(inplace)
        drawn = isinstance(value, str) and value == "random"
        self.value = value if drawn else fill_value(self._name, value, "value")

    def _apply(self, images: Images) -> Images:
        n, _, height, width = images.shape
        chosen = self._draw(n) < self.p
        size, shape, y, x = self._draw(4, n, TRIES)
        area = height * width * (self.scale[0] + (self.scale[1] - self.scale[0]) * size)
        low, high = np.log(self.ratio)
        ratio = exp(from_numpy(low + (high - low) * shape)).numpy()
        tall, wide = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
        fits = (tall < height) & (wide < width)
        first = (np.arange(n), fits.argmax(axis=1))
        tall, wide = (side[first] * (chosen & fits[first]) for side in (tall, wide))
        top, left = np.floor(y[first] * (height - tall + 1)), np.floor(x[first] * (width - wide + 1))
        inside = _between(top, tall, height)[:, :, None] & _between(left, wide, width)[:, None]
        return np.where(inside[:, None], self._values(images), images)

    def _values(self, images: Images) -> Images:
        if self.value != "random":
            return filled(self._name, self.value, images, "value")
        return rounded(randn(*images.shape, generator=self.generator, dtype=float64).numpy(), images.dtype)


def _between(start: Images, count: Images, size: int) -> Any:
    """Whether start <= i < start + count, (N, size)."""
    i = np.arange(size)
    return (i >= start[:, None]) & (i < (start + count)[:, None])
