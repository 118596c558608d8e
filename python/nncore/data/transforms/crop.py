"""Crops and padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.data.transforms.images import Images, RandomTransform, Transform, filled
from nncore.data.transforms.settings import fill_value, pixels, sides
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore._core import Generator

MODES = ("constant", "edge", "reflect", "symmetric")


class Pad(Transform):
    """The image with `padding` pixels on the left, top, right and bottom, as in torchvision.

    `padding` is one number, (left and right, top and bottom), or all four. `padding_mode` is "constant" with
    `fill`, one number or one per channel; "edge"; "reflect" or "symmetric", which mirror without and with the
    last pixel.
    Errors: ValueError for negative padding, and for mirrored padding that is larger than the image.

    >>> import numpy as np
    >>> from nncore.data.transforms import Pad
    >>> Pad((1, 0), padding_mode="reflect")(np.array([[1, 2, 3]]))
    array([[2, 1, 2, 3, 2]])
    """

    def __init__(
        self, padding: int | Sequence[int], fill: float | Sequence[float] = 0, padding_mode: str = "constant"
    ) -> None:
        self.padding = _four(self._name, padding)
        self.fill = fill_value(self._name, fill)
        self.padding_mode = _mode(self._name, padding_mode)

    def _apply(self, images: Images) -> Images:
        return padded(self._name, images, self.padding, self.fill, self.padding_mode)


class CenterCrop(Transform):
    """The middle (height, width) of the image, as in torchvision; a smaller image is padded with 0.

    >>> import numpy as np
    >>> from nncore.data.transforms import CenterCrop
    >>> CenterCrop(2)(np.arange(16).reshape(4, 4))
    array([[ 5,  6],
           [ 9, 10]])
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = sides(self._name, "size", size)

    def _apply(self, images: Images) -> Images:
        missing_y, missing_x = (
            max(want - have, 0) for want, have in zip(self.size, images.shape[2:], strict=True)
        )
        border = (missing_x // 2, missing_y // 2, (missing_x + 1) // 2, (missing_y + 1) // 2)
        images = padded(self._name, images, border, 0, "constant")
        top, left = (round((have - want) / 2) for want, have in zip(self.size, images.shape[2:], strict=True))
        return images[:, :, top : top + self.size[0], left : left + self.size[1]]


class RandomCrop(RandomTransform):
    """A random part (height, width) of each image, as in torchvision.

    The images are padded first, see `Pad`; with `pad_if_needed` also, on both sides, a side that is smaller
    than the crop.
    Errors: ValueError for a crop that is larger than the padded image.

    >>> import nncore
    >>> from nncore.data.transforms import RandomCrop
    >>> RandomCrop(32, padding=4)(nncore.zeros(8, 3, 32, 32)).shape
    (8, 3, 32, 32)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float | Sequence[float] = 0,
        padding_mode: str = "constant",
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(generator)
        self.size = sides(self._name, "size", size)
        self.padding = _four(self._name, 0 if padding is None else padding)
        self.pad_if_needed = bool(pad_if_needed)
        self.fill = fill_value(self._name, fill)
        self.padding_mode = _mode(self._name, padding_mode)

    def _apply(self, images: Images) -> Images:
        images = padded(self._name, images, self.padding, self.fill, self.padding_mode)
        high, wide = self.size
        if self.pad_if_needed:
            y, x = (max(want - have, 0) for want, have in zip(self.size, images.shape[2:], strict=True))
            images = padded(self._name, images, (x, y, x, y), self.fill, self.padding_mode)
        rows, columns = images.shape[2] - high + 1, images.shape[3] - wide + 1
        if min(rows, columns) < 1:
            raise ValueError(
                f"{self._name}: size {self.size} is larger than the image {images.shape[2:]}; give a smaller "
                "size, padding, or pad_if_needed=True"
            )
        place = self._draw(len(images), 2) * (rows, columns)
        top, left = place.astype(np.int64).T
        windows = np.lib.stride_tricks.sliding_window_view(images, self.size, axis=(2, 3))
        return windows[np.arange(len(images)), :, top, left]


def padded(where: str, images: Images, padding: tuple[int, ...], fill: Any, mode: str) -> Images:
    """The images (N, C, H, W) with pixels on the left, top, right and bottom."""
    left, top, right, bottom = padding
    if not any(padding):
        return images
    high, wide = images.shape[2:]
    if mode != "constant":
        most_y, most_x = (side - (mode == "reflect") for side in (high, wide))
        if min(high, wide) < 1 or (
            mode != "edge" and (max(top, bottom) > most_y or max(left, right) > most_x)
        ):
            raise ValueError(
                f"{where}: padding {padding} is too large for padding_mode {mode!r} and the image "
                f"({high}, {wide})"
            )
        border: Any = ((0, 0), (0, 0), (top, bottom), (left, right))
        repeated: Images = np.pad(images, border, mode)  # type: ignore[call-overload]
        return repeated
    made = np.empty((*images.shape[:2], top + high + bottom, left + wide + right), images.dtype)
    made[:] = filled(where, fill, images)
    made[:, :, top : top + high, left : left + wide] = images
    return made


def _four(where: str, padding: Any) -> tuple[int, ...]:
    """(left, top, right, bottom) of at least 0."""
    found = pixels(where, "padding", padding, (1, 2, 4), 0)
    return tuple(found * (4 // len(found)))


def _mode(where: str, mode: Any) -> str:
    if arguments.text(where, "padding_mode", mode) not in MODES:
        raise ValueError(
            f"{where}: padding_mode is {arguments.brief(mode)}; expected one of {', '.join(MODES)}"
        )
    return str(mode)
