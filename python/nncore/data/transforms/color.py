"""Random changes of colors, with the formulas of torchvision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.data.transforms.images import Images, RandomTransform, Transform
from nncore.data.transforms.settings import Pair, interval, is_number
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore._core import Generator

LUMA = (0.2989, 0.587, 0.114)  # of ITU-R BT.601, as in torchvision


class ColorJitter(RandomTransform):
    """Each image with random brightness, contrast, saturation and hue, in random order, as in torchvision.

    A number a means factors f in [max(0, 1 - a), 1 + a], for hue in [-a, a]; a pair gives the bounds.
    Brightness is f x, contrast f x + (1 - f) (mean of the gray image), saturation f x + (1 - f) (gray image);
    hue turns the colors by f of the color circle. Results are limited to [0, 1], or to 0..255 and rounded
    down.
    Shapes: 3 channels, or 1, of which saturation and hue change nothing; uint8, or floats in [0, 1].
    Errors: ValueError for negative factors, hue outside [-0.5, 0.5] and other channels; TypeError for other
    dtypes.

    >>> import nncore
    >>> from nncore.data.transforms import ColorJitter
    >>> ColorJitter(brightness=(2, 2))(nncore.full((3, 1, 1), 0.25)).tolist()
    [[[0.5]], [[0.5]], [[0.5]]]
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.brightness = _factors(self._name, "brightness", brightness)
        self.contrast = _factors(self._name, "contrast", contrast)
        self.saturation = _factors(self._name, "saturation", saturation)
        if is_number(hue):
            most = arguments.number(self._name, "hue", hue, 0, 0.5)
            hue = (-most, most)
        self.hue = interval(self._name, "hue", hue, -0.5, 0.5)

    def _apply(self, images: Images) -> Images:
        _check(self._name, images)
        steps = [
            (change, bounds)
            for change, bounds, neutral in (
                (_brightness, self.brightness, 1.0),
                (_contrast, self.contrast, 1.0),
                (_saturation, self.saturation, 1.0),
                (_hue, self.hue, 0.0),
            )
            if bounds != (neutral, neutral)
        ]
        factors, order = (
            self._draw(len(images), len(steps)),
            self._draw(len(images), len(steps)).argsort(axis=1),
        )
        made = images.copy()
        for place in range(len(steps)):
            for i, (change, (low, high)) in enumerate(steps):
                rows = np.flatnonzero(order[:, place] == i)
                factor = (low + (high - low) * factors[rows, i]).astype(_floating(images))
                made[rows] = change(made[rows], factor.reshape(-1, 1, 1, 1))
        return made


class Grayscale(Transform):
    """The gray image 0.2989 R + 0.587 G + 0.114 B, in 1 or 3 equal channels, as in torchvision.

    Shapes: 3 channels, or 1, which stay as they are. Integers are rounded down.

    >>> import numpy as np
    >>> from nncore.data.transforms import Grayscale
    >>> Grayscale()(np.array([[[100, 50, 0]]], np.uint8)).tolist()
    [[[59]]]
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        if arguments.size(self._name, "num_output_channels", num_output_channels, 1, 3) == 2:
            raise ValueError(f"{self._name}: num_output_channels must be 1 or 3, got 2")
        self.num_output_channels = num_output_channels

    def _apply(self, images: Images) -> Images:
        _check(self._name, images)
        return gray(images).repeat(self.num_output_channels, axis=1)


def gray(images: Images) -> Images:
    """The gray images (N, 1, H, W)."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, i : i + 1] * _floating(images).type(LUMA[i]) for i in range(3))
    return np.asarray(red + green + blue, images.dtype)


def _brightness(images: Images, factor: Images) -> Images:
    return _blended(images, np.zeros_like(factor), factor)


def _contrast(images: Images, factor: Images) -> Images:
    if not images.size:
        return images
    return _blended(images, gray(images).mean(axis=(1, 2, 3), keepdims=True, dtype=np.float64), factor)


def _saturation(images: Images, factor: Images) -> Images:
    return images if images.shape[1] == 1 else _blended(images, gray(images), factor)


def _hue(images: Images, factor: Images) -> Images:
    """The images with their hue h, in HSV, changed to h + factor."""
    if images.shape[1] == 1:
        return images
    rgb = images.astype(_floating(images)) / (255 if images.dtype == np.uint8 else 1)
    value, least = rgb.max(axis=1, keepdims=True), rgb.min(axis=1, keepdims=True)
    span = value - least
    red, green, blue = ((value - rgb[:, i : i + 1]) / np.where(span > 0, span, 1) for i in range(3))
    is_red, is_green = value == rgb[:, :1], value == rgb[:, 1:2]
    sixth = np.where(is_red, blue - green, np.where(is_green, 2 + red - blue, 4 + green - red))
    turned = sixth + 6 * factor
    # Channel c of hue h is value - span max(0, min(k, 4 - k, 1)) with k = (n + h) mod 6, n = 5, 3, 1.
    k = (turned + np.array([5, 3, 1], rgb.dtype).reshape(1, 3, 1, 1)) % 6
    made = value - span * np.minimum(np.minimum(k, 4 - k), 1).clip(0)
    made = made * 255.999 if images.dtype == np.uint8 else made
    return np.asarray(made, images.dtype)


def _blended(images: Images, others: Images, factor: Images) -> Images:
    made = images * factor + (1 - factor) * others
    return np.asarray(made.clip(0, 255 if images.dtype == np.uint8 else 1), images.dtype)


def _floating(images: Images) -> np.dtype[Any]:
    return images.dtype if images.dtype.kind == "f" else np.dtype(np.float32)


def _factors(where: str, name: str, value: Any) -> Pair:
    if is_number(value):
        most = arguments.number(where, name, value, 0)
        return max(0.0, 1 - most), 1 + most
    return interval(where, name, value, 0)


def _check(where: str, images: Images) -> None:
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise TypeError(f"{where}: the image has dtype {images.dtype}; expected uint8 or floats in [0, 1]")
    if images.shape[1] not in (1, 3):
        raise ValueError(f"{where}: the image has {images.shape[1]} channels; expected 1 or 3")
