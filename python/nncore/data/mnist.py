"""MNIST and Fashion-MNIST, from a folder, the cache or a public mirror."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nncore._core import from_numpy
from nncore.data.images import ImageDataset, search_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = {
    True: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    False: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


class MNIST(ImageDataset):
    """Handwritten digits (LeCun, Cortes, Burges): 60,000 for training or 10,000 for testing.

    `data` is (n, 28, 28) uint8 with values 0..255, `targets` (n,) int64, `classes` the names of the labels.
    IDX files, plain or gzip, are searched in `root`, `root/mnist` and `root/MNIST/raw`, then in the same
    folders below $NNCORE_DATA and below the cache ($NNCORE_CACHE, else $XDG_CACHE_HOME/nncore, else
    ~/.cache/nncore). With `download=True` missing files are downloaded from a public mirror to `root` or the
    cache. All files must have the published SHA-256. For `transform` and `target_transform` see
    `ImageDataset`.
    Errors: FileNotFoundError for missing files, CheckpointError for damaged files, OSError if the network
    fails.

        images, labels = MNIST("data", train=False).tensors
    """

    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    folders: ClassVar[tuple[str, ...]] = ("MNIST/raw", "mnist", "")
    mirrors: ClassVar[tuple[str, ...]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    sums: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        roots = search_folders(type(self).__name__, root)
        where = roots[0] if root is not None else roots[-1]
        images, labels = (self._load(name, roots, where if download else None) for name in FILES[bool(train)])
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
            raise ValueError(
                f"{type(self).__name__}: images {images.shape} and labels {labels.shape} do not match"
            )
        super().__init__(from_numpy(images), from_numpy(labels.astype(np.int64)), transform, target_transform)

    def _load(
        self, name: str, roots: list[str], download_to: str | None
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        from nncore.data.download import fetch, read_checked

        for path in self._candidates(name, roots):
            if os.path.lexists(path):
                return read_checked(path, self.sums[name])
        if download_to is None:
            raise FileNotFoundError(
                f"{type(self).__name__}: no {name}[.gz] in {', '.join(dict.fromkeys(roots))}; pass "
                "download=True, give the folder that contains it, or set NNCORE_DATA to it"
            )
        path = os.path.join(download_to, *self.folders[0].split("/"), name + ".gz")
        fetch([mirror + name + ".gz" for mirror in self.mirrors], path, self.sums[name])
        return read_checked(path, self.sums[name])

    def _candidates(self, name: str, roots: list[str]) -> Iterator[str]:
        for root in roots:
            for folder in self.folders:
                for ending in ("", ".gz"):
                    yield os.path.join(root, *folder.split("/"), name + ending)


class FashionMNIST(MNIST):
    """Articles of clothing (Zalando Research, MIT license), with the layout and arguments of `MNIST`.

    Files are searched in `root/FashionMNIST/raw`, `root/fashion-mnist` and `root`. Source: Xiao, Rasul,
    Vollgraf 2017, arXiv:1708.07747.

        images, labels = FashionMNIST("data", train=False).tensors
    """

    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    folders: ClassVar[tuple[str, ...]] = ("FashionMNIST/raw", "fashion-mnist", "")
    mirrors: ClassVar[tuple[str, ...]] = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    )
    sums: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }
