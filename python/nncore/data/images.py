"""Data sets of labeled images in memory."""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, Any

from nncore._core import Tensor, tensor
from nncore.data.dataset import TensorDataset
from nncore.errors.arguments import path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ImageDataset(TensorDataset):
    """Images (n, H, W) or (n, C, H, W) and labels (n,), with torchvision's `transform`, `target_transform`.

    A sample is (transform(image), target_transform(label)) with a tensor (C, H, W) and a number. A loader
    calls a transform that takes batches, as those of `nncore.data.transforms` but Lambda do, once per batch
    with a tensor (N, C, H, W); a function of yours does if its attribute `takes_batches` is true.
    Errors: ValueError for other shapes, and for a transform that returns another number of images.

    >>> import nncore
    >>> from nncore.data import DataLoader, ImageDataset, transforms
    >>> data = ImageDataset(nncore.zeros(60, 28, 28), nncore.arange(60), transforms.RandomCrop(24))
    >>> images, labels = next(iter(DataLoader(data, batch_size=20)))
    >>> images.shape
    (20, 1, 24, 24)
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(images, labels)
        if self.data.ndim not in (3, 4):
            raise ValueError(
                f"{type(self).__name__}: images has shape {self.data.shape}; expected (n, H, W) or "
                "(n, C, H, W)"
            )
        self.transform = checked(type(self).__name__, "transform", transform)
        self.target_transform = checked(type(self).__name__, "target_transform", target_transform)

    @property
    def data(self) -> Tensor:
        return self.tensors[0]

    @property
    def targets(self) -> Tensor:
        return self.tensors[1]

    def rows_are_samples(self) -> bool:
        return self._unchanged() and type(self).__getitem__ is ImageDataset.__getitem__

    def _unchanged(self) -> bool:
        return self.transform is None and self.target_transform is None

    def __getitem__(self, index: Any, /) -> Any:
        if self._unchanged():
            return super().__getitem__(index)
        try:
            number = operator.index(index)
        except TypeError:
            raise TypeError(
                f"{type(self).__name__}: with a transform, expected the number of a sample, got "
                f"{type(index).__name__}; a DataLoader makes batches"
            ) from None
        image, label = super().__getitem__(number)
        if self.transform is not None:
            image = self.transform(image if image.ndim == 3 else image[None])
        return image, self._target(label)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        own = type(self).__getitem__ is not ImageDataset.__getitem__
        if own or not getattr(self.transform, "takes_batches", False) or self.transform is None:
            return [self[i] for i in indices]
        images, labels = super().__getitem__(tensor(list(indices)))
        images = self.transform(images if images.ndim == 4 else images[:, None])
        if len(images) != len(indices):
            raise ValueError(
                f"{type(self).__name__}: the transform made {len(images)} images of {len(indices)}; expected "
                "one for each, or takes_batches = False"
            )
        return [(images[i], self._target(labels[i])) for i in range(len(indices))]

    def _target(self, label: Tensor) -> Any:
        return label if self.target_transform is None else self.target_transform(label.item())


def checked(where: str, name: str, function: Any) -> Any:
    """`function` if it is None or can be called, else TypeError."""
    if function is not None and not callable(function):
        raise TypeError(f"{where}: {name} is a {type(function).__name__}; expected a function or None")
    return function


def search_folders(where: str, root: str | os.PathLike[str] | None) -> list[str]:
    """The folders in which data sets are searched: root, $NNCORE_DATA and the cache."""
    folders = [] if root is None else [path_of(where, "root", root)]
    if os.environ.get("NNCORE_DATA"):
        folders.append(os.environ["NNCORE_DATA"])
    return [*folders, cache_folder()]


def cache_folder() -> str:
    """The folder of downloaded files."""
    if os.environ.get("NNCORE_CACHE"):
        return os.environ["NNCORE_CACHE"]
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "nncore")
