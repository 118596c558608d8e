"""Transforms of all values in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.data.transforms.images import Images, Transform, opened
from nncore.data.transforms.settings import is_number, numbers
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence


class ToTensor(Transform):
    """An image as a tensor (C, H, W), a batch as (N, C, H, W): uint8 becomes float32 in [0, 1].

    As in torchvision; it also takes tensors. Other dtypes keep their values.

    >>> import numpy as np
    >>> from nncore.data.transforms import ToTensor
    >>> ToTensor()(np.full((2, 2, 3), 51, np.uint8))[:, 0, 0].tolist()
    [0.20000000298023224, 0.20000000298023224, 0.20000000298023224]
    """

    def __call__(self, img: Any) -> Tensor:
        images, _ = opened(self._name, img)
        made = images / np.float32(255) if images.dtype == np.uint8 else images.copy()
        return from_numpy(np.ascontiguousarray(made if getattr(img, "ndim", 3) == 4 else made[0]))


class Normalize(Transform):
    """(x - mean) / std for each channel of floating-point images, as in torchvision.

    `mean` and `std` are one number, or one per channel.
    Errors: ValueError for std of 0 or less, and another number of channels; TypeError for other dtypes.

    >>> import nncore
    >>> from nncore.data.transforms import Normalize
    >>> Normalize((0.0, 1.0), (1.0, 2.0))(nncore.ones(2, 1, 1) * 3).tolist()
    [[[3.0]], [[1.0]]]
    """

    def __init__(
        self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False
    ) -> None:
        self.mean = _per_channel(self._name, "mean", mean)
        self.std = _per_channel(self._name, "std", std)
        for value in self.std:
            arguments.number(self._name, "std", value, above=0)
        self.inplace = bool(inplace)

    def _apply(self, images: Images) -> Images:
        if images.dtype.kind != "f":
            raise TypeError(
                f"{self._name}: the image has dtype {images.dtype}; expected floats: use ToTensor first"
            )
        shape = (1, -1, 1, 1)
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, images.shape[1]):
                raise ValueError(
                    f"{self._name}: {name} has {len(values)} values and the image {images.shape[1]} channels"
                )
        mean, std = (np.array(v, images.dtype).reshape(shape) for v in (self.mean, self.std))
        made: Images = (images - mean) / std
        return made


def _per_channel(where: str, name: str, values: Any) -> tuple[float, ...]:
    if isinstance(values, (Tensor, np.ndarray)) and values.ndim:
        values = values.tolist()
    if is_number(values):
        return (arguments.number(where, name, values),)
    return numbers(where, name, values, (max(len(values), 1),))
