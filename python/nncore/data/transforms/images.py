"""The forms of images, and the base class of transforms, which work on arrays (N, C, H, W)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Generator, Tensor, float64, from_numpy, rand

if TYPE_CHECKING:
    from collections.abc import Callable

Images = np.ndarray[Any, Any]  # (N, C, H, W)

FORMS = "a tensor (H, W), (C, H, W) or (N, C, H, W), an array (H, W), (H, W, C) or (N, C, H, W), or an image"
NUMBERS = "biuf"  # kinds of dtypes
PIL_MODES = ("L", "LA", "RGB", "RGBA", "I", "F")  # as arrays: one number per channel


class Transform:
    """A function of images; a subclass has `_apply`, which takes and returns an array (N, C, H, W)."""

    takes_batches = True
    inplace = False

    def __call__(self, img: Any) -> Any:
        """The transformed image or batch, in the form of `img`; with `inplace` its values are in `img`."""
        images, back = opened(self._name, img)
        try:
            made = self._apply(images)
        except MemoryError:
            raise MemoryError(
                f"{self._name}: no memory for images of shape {images.shape} after {self!r}"
            ) from None
        result = back(made.copy() if np.may_share_memory(made, images) else made)
        if not self.inplace:
            return result
        if isinstance(img, Tensor):
            return img.copy_(result)
        img[...] = result
        return img

    def _apply(self, images: Images) -> Images:
        raise NotImplementedError(f"{self._name} has no _apply(images)")

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in vars(self).items() if name != "generator")
        return f"{self._name}({', '.join(shown)})"


class RandomTransform(Transform):
    """A transform that draws from `generator`, by default the global one."""

    def __init__(self, generator: Generator | None) -> None:
        if generator is not None and not isinstance(generator, Generator):
            raise TypeError(
                f"{self._name}: generator is a {type(generator).__name__}; expected an nncore.Generator"
            )
        self.generator = generator

    def _draw(self, *shape: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Uniform random numbers in [0, 1)."""
        return rand(*shape, generator=self.generator, dtype=float64).numpy()


def opened(where: str, img: Any) -> tuple[Images, Callable[[Images], Any]]:
    """The images as an array (N, C, H, W), and the function that gives such an array the form of `img`."""
    if isinstance(img, Tensor):
        array = img.detach().numpy()
        if 2 <= array.ndim <= 4:
            lead = (None,) * (4 - array.ndim)
            return array[lead], lambda made: from_numpy(np.ascontiguousarray(_without(made, len(lead))))
        raise ValueError(f"{where}: the tensor has shape {array.shape}; expected {FORMS}")
    if isinstance(img, np.ndarray):
        return _opened_array(where, img)
    if is_pil(img):
        if img.mode not in PIL_MODES:
            raise ValueError(
                f"{where}: the image has the mode {img.mode!r}; expected one of {', '.join(PIL_MODES)}: "
                'img.convert("RGB") makes one'
            )
        images, back = _opened_array(where, np.asarray(img))
        return images, lambda made: _pil(back(made))
    raise TypeError(f"{where}: got a {type(img).__name__}; expected {FORMS} of Pillow")


def is_pil(img: Any) -> bool:
    """Whether the object is an image of Pillow; without Pillow none is."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(img, module.Image)


def _opened_array(where: str, array: Images) -> tuple[Images, Callable[[Images], Any]]:
    if array.dtype.kind not in NUMBERS:
        raise TypeError(f"{where}: the array has dtype {array.dtype}; expected numbers")
    if array.ndim == 4:
        return array, np.ascontiguousarray
    if array.ndim == 3:
        return array.transpose(2, 0, 1)[None], lambda made: np.ascontiguousarray(made[0].transpose(1, 2, 0))
    if array.ndim == 2:
        return array[None, None], lambda made: np.ascontiguousarray(
            made[0, 0] if made.shape[1] == 1 else made[0].transpose(1, 2, 0)
        )
    raise ValueError(f"{where}: the array has shape {array.shape}; expected {FORMS}")


def _without(made: Images, axes: int) -> Images:
    """The array without its first axes; channels that were added stay."""
    return made[0, 0] if axes == 2 and made.shape[1] == 1 else made[0] if axes else made


def _pil(array: Images) -> Any:
    from PIL import Image

    return Image.fromarray(array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array)


def filled(where: str, fill: Any, images: Images, name: str = "fill") -> Images:
    """`fill`, a number or one per channel, as an array that broadcasts with (N, C, H, W).

    Errors: ValueError for another number of values, and for one that the dtype of the images cannot hold.
    """
    values = np.asarray(fill, np.float64).reshape(-1)
    if len(values) not in (1, images.shape[1]):
        raise ValueError(
            f"{where}: {name} has {len(values)} values; expected 1 or {images.shape[1]}, one per channel"
        )
    if images.dtype.kind in "iu":
        range_ = np.iinfo(images.dtype)
        if not ((values >= range_.min) & (values <= range_.max)).all():
            raise ValueError(f"{where}: {name} is {fill!r}; expected values that {images.dtype} can hold")
    return values.astype(images.dtype).reshape(1, -1, 1, 1)
