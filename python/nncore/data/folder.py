"""Images in a folder for each class."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nncore.data.dataset import Dataset
from nncore.data.images import checked
from nncore.errors import CheckpointError
from nncore.errors.arguments import path_of
from nncore.files.reading import open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class ImageFolder(Dataset["tuple[Any, Any]"]):
    """The images `root/class/.../name.png`, as in torchvision: a sample is (image, number of the class).

    `classes` are the sorted names of the folders in `root`, `class_to_idx` their numbers, `samples`, also
    `imgs`, the pairs (path, number), sorted, and `targets` the numbers. Images are RGB images of Pillow, or
    what `loader(path)` returns; `transform` and `target_transform` change the samples. Files have an ending
    of an image format, or `is_valid_file(path)` is true.
    Errors: OSError for a folder that cannot be read; FileNotFoundError for no classes, and for classes
    without images unless `allow_empty`; ModuleNotFoundError without Pillow; CheckpointError, when it is read,
    for a damaged image.

        data = ImageFolder("photos", transforms.Compose([transforms.Resize((64, 64)), transforms.ToTensor()]))
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[str], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        self.root = path_of("ImageFolder", "root", root)
        self.transform = checked("ImageFolder", "transform", transform)
        self.target_transform = checked("ImageFolder", "target_transform", target_transform)
        if loader is None:
            _pillow()
        self.loader = checked("ImageFolder", "loader", loader) or load_rgb
        is_valid = checked("ImageFolder", "is_valid_file", is_valid_file) or is_image
        try:
            self.classes = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir())
        except OSError as error:
            raise type(error)(
                f"ImageFolder: cannot read the folder {self.root}: {error.strerror}; expected a folder for "
                "each class in it"
            ) from None
        if not self.classes:
            raise FileNotFoundError(f"ImageFolder: {self.root} has no folders; expected one for each class")
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples = [
            (path, i)
            for name, i in self.class_to_idx.items()
            for path in _files(os.path.join(self.root, name))
            if is_valid(path)
        ]
        self.targets = [i for _, i in self.samples]
        empty = [name for name, i in self.class_to_idx.items() if i not in set(self.targets)]
        if empty and not allow_empty:
            raise FileNotFoundError(
                f"ImageFolder: no images in {', '.join(empty[:5])}{', ...' * (len(empty) > 5)} of "
                f"{self.root}; expected files with the endings {' '.join(ENDINGS)}, or pass is_valid_file or "
                "allow_empty=True"
            )
        self.imgs = self.samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: Any, /) -> tuple[Any, Any]:
        path, target = self.samples[index]
        image = self.loader(path)
        if self.transform is not None:
            image = self.transform(image)
        return image, target if self.target_transform is None else self.target_transform(target)

    def __repr__(self) -> str:
        return f"ImageFolder({self.root!r}: {len(self)} images in {len(self.classes)} classes)"


def is_image(path: str) -> bool:
    """Whether the path has an ending of an image format."""
    return path.lower().endswith(ENDINGS)


def load_rgb(path: str) -> Any:
    """The image in a file, read by Pillow, with the mode RGB."""
    image_module = _pillow()
    with open_regular(path) as file:
        try:
            with image_module.open(file) as image:
                return image.convert("RGB")
        except (OSError, SyntaxError, ValueError, image_module.DecompressionBombError) as error:
            text = str(error).replace(repr(file), "the file")
            raise CheckpointError(f"{path}: cannot read the image: {text}") from None


def _pillow() -> Any:
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "ImageFolder: Pillow, which reads images, is not installed: pip install pillow (the extra "
            "`vision`), or pass a loader"
        ) from None
    return Image


def _files(folder: str) -> Iterator[str]:
    """The files in a folder and in its folders, sorted."""
    for inner, _, names in sorted(os.walk(folder, followlinks=True)):
        yield from (os.path.join(inner, name) for name in sorted(names))
