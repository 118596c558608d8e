"""CIFAR-10 and CIFAR-100, from the binary files that their authors publish."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.data.images import ImageDataset, search_folders
from nncore.errors import CheckpointError
from nncore.files.reading import open_regular, size_of

if TYPE_CHECKING:
    from collections.abc import Callable

SITE = "https://www.cs.toronto.edu/~kriz/"
PIXELS = 3 * 32 * 32

# The classes of CIFAR-100 and their groups
FINE = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard
lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark
shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
COARSE = """
aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes
large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees
vehicles_1 vehicles_2
"""


class CIFAR10(ImageDataset):
    """Color photos in 10 classes (Krizhevsky 2009): 50,000 for training or 10,000 for testing.

    `data` is (n, 3, 32, 32) uint8, `targets` (n,) int64, `classes` the names of the labels. For
    `transform` and `target_transform` see `ImageDataset`.
    The binary files (data_batch_1.bin, ..., test_batch.bin) are searched in `root` and
    `root/cifar-10-batches-bin`, then in the same folders below $NNCORE_DATA and below the cache, see `MNIST`.
    With `download=True` missing files are downloaded from their authors' site to `root` or the cache; the
    archive must have the published MD5. Each file must have its published size and MD5, and labels in range.
    Errors: FileNotFoundError for missing files, CheckpointError for damaged files, OSError if the network
    fails.
    Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009).

        data = CIFAR10("data", train=True, transform=augment)
    """

    classes: ClassVar[tuple[str, ...]] = (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )
    folder: ClassVar[str] = "cifar-10-batches-bin"
    archive: ClassVar[tuple[str, str]] = ("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")
    mirrors: ClassVar[tuple[str, ...]] = (SITE,)
    files: ClassVar[dict[bool, dict[str, int]]] = {  # the number of images in each
        True: {f"data_batch_{i}.bin": 10_000 for i in range(1, 6)},
        False: {"test_batch.bin": 10_000},
    }
    labels: ClassVar[dict[str, int]] = {"label": 10}  # the bytes before an image and their number of values
    sums: ClassVar[dict[str, str]] = {  # MD5
        "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
        "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
        "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
        "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
        "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
        "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
    }

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        records = self._records(root, bool(train), download)
        count = len(self.labels)
        images = np.ascontiguousarray(records[:, count:]).reshape(-1, 3, 32, 32)
        columns = (from_numpy(records[:, i].astype(np.int64)) for i in range(count))
        self.columns = dict(zip(self.labels, columns, strict=True))
        super().__init__(from_numpy(images), [*self.columns.values()][-1], transform, target_transform)

    def _records(
        self, root: str | os.PathLike[str] | None, train: bool, download: bool
    ) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """The records (n, labels and pixels) of all files."""
        folders = search_folders(type(self).__name__, root)
        paths = {name: self._find(name, folders) for name in self.files[train]}
        missing = [name for name, path in paths.items() if path is None]
        if missing and download:
            target = os.path.join(folders[0] if root is not None else folders[-1], self.folder)
            self._download(target)
            paths |= {name: os.path.join(target, name) for name in missing}
        elif missing:
            raise FileNotFoundError(
                f"{type(self).__name__}: no {missing[0]} in {', '.join(dict.fromkeys(folders))}; pass "
                f"download=True, or unpack {SITE}{self.archive[0]} there, or set NNCORE_DATA to the folder "
                "that contains it"
            )
        return np.concatenate([self._read(str(path), name) for name, path in paths.items()])

    def _find(self, name: str, folders: list[str]) -> str | None:
        paths = (os.path.join(folder, part, name) for folder in folders for part in (self.folder, ""))
        return next((path for path in paths if os.path.lexists(path)), None)

    def _read(self, path: str, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        count = {**self.files[True], **self.files[False]}[name]
        length = len(self.labels) + PIXELS
        with open_regular(path) as file:
            size = size_of(file)
            if size != count * length:
                raise CheckpointError(
                    f"{path}: {size} bytes, expected {count * length}: {count} images of {length} bytes; "
                    "delete it and unpack the archive again"
                )
            data = file.read(size)
        records = np.frombuffer(data, np.uint8).reshape(count, length)
        for i, (label, classes) in enumerate(self.labels.items()):
            bad = np.flatnonzero(records[:, i] >= classes)
            if len(bad):
                raise CheckpointError(
                    f"{path}: the {label} of image {bad[0]}, at byte {bad[0] * length + i}, is "
                    f"{records[bad[0], i]}; expected 0 to {classes - 1}"
                )
        found = _md5(data)
        if found != self.sums.get(name, found):
            raise CheckpointError(
                f"{path}: its MD5 is {found[:12]}..., expected {self.sums[name][:12]}...; the file is "
                "damaged: delete it and unpack the archive again"
            )
        return records

    def _download(self, folder: str) -> None:
        """Write the files of the archive to `folder`."""
        import io
        import tarfile

        from nncore.data.download import first_good
        from nncore.files.atomic import replacing

        archive, md5 = self.archive
        urls = [mirror + archive for mirror in self.mirrors]
        data = first_good(urls, os.path.join(folder, next(iter(self.files[True]))), _md5, md5)
        os.makedirs(folder, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(data)) as entries:
            for name in (*self.files[True], *self.files[False]):
                entry = entries.extractfile(f"{self.folder}/{name}")
                with replacing(os.path.join(folder, name)) as file:
                    file.write(entry.read() if entry else b"")


class CIFAR100(CIFAR10):
    """Color photos in 100 classes (Krizhevsky 2009): 50,000 for training or 10,000 for testing.

    As `CIFAR10`, with the files train.bin and test.bin in `root` or `root/cifar-100-binary`. `targets` are
    the fine labels; `coarse_targets` (n,) are the labels of the 20 groups `coarse_classes`. Each file must
    have its published size and labels in range; a download must have the MD5 of the archive.

        data = CIFAR100("data", train=False)
    """

    classes: ClassVar[tuple[str, ...]] = tuple(FINE.split())
    coarse_classes: ClassVar[tuple[str, ...]] = tuple(COARSE.split())
    folder: ClassVar[str] = "cifar-100-binary"
    archive: ClassVar[tuple[str, str]] = ("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8")
    files: ClassVar[dict[bool, dict[str, int]]] = {True: {"train.bin": 50_000}, False: {"test.bin": 10_000}}
    labels: ClassVar[dict[str, int]] = {"coarse label": 20, "fine label": 100}
    sums: ClassVar[dict[str, str]] = {}

    @property
    def coarse_targets(self) -> Tensor:
        return self.columns["coarse label"]


def _md5(data: bytes) -> str:
    import hashlib

    return hashlib.md5(data, usedforsecurity=False).hexdigest()
