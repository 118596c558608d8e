"""ImageFolder: folders of images that the tests write."""

from __future__ import annotations

import builtins
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.data import DataLoader, ImageFolder
from nncore.data import transforms as t


def read(path: str) -> Any:
    """The number in a file as an image."""
    return np.full((2, 2), int(Path(path).read_text()), np.uint8)


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    """Two classes with files that hold their numbers; each loader of the tests reads them."""
    for i, name in enumerate(["b/2.png", "b/10.PNG", "a/x/y.jpg", "a/z.jpeg", "a/notes.txt", "top.png"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(str(i))
    return tmp_path


def test_the_samples_are_sorted(numbers: Path) -> None:
    data = ImageFolder(numbers, loader=read)
    assert data.classes == ["a", "b"]
    assert data.class_to_idx == {"a": 0, "b": 1}
    expected = [("a/z.jpeg", 0), ("a/x/y.jpg", 0), ("b/10.PNG", 1), ("b/2.png", 1)]
    assert data.samples == [(str(numbers / name), i) for name, i in expected]
    assert data.imgs is data.samples
    assert data.targets == [0, 0, 1, 1]
    assert len(data) == 4
    samples = [data[i] for i in range(4)]
    assert [(int(image[0, 0]), label) for image, label in samples] == [(3, 0), (2, 0), (1, 1), (0, 1)]
    assert repr(data) == f"ImageFolder({str(numbers)!r}: 4 images in 2 classes)"


def test_functions_of_the_user(numbers: Path) -> None:
    data = ImageFolder(
        numbers, t.ToTensor(), lambda label: -label, read, is_valid_file=lambda path: path.endswith("txt"),
        allow_empty=True,
    )  # fmt: skip
    assert data.targets == [0]
    image, label = data[0]
    assert (image.shape, label) == ((1, 2, 2), 0)
    assert image.sum().item() == pytest.approx(4 * 4 / 255)


@pytest.mark.parametrize("ending", ["png", "bmp", "ppm", "tiff"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_images_of_pillow(tmp_path: Path, ending: str, mode: str) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3)).astype(np.uint8)
    pixels = pixels if mode == "RGB" else pixels[..., :1].repeat(3, axis=3)
    for i, name in enumerate(["cat", "dog"]):
        (tmp_path / name).mkdir()
        pillow.fromarray(pixels[i]).convert(mode).save(tmp_path / name / f"0.{ending}")
    data = ImageFolder(tmp_path)
    image, label = data[1]
    assert (image.mode, image.size, label) == ("RGB", (4, 5), 1)
    assert (np.asarray(image) == pixels[1]).all()
    data.transform = t.ToTensor()
    images, labels = next(iter(DataLoader(data, batch_size=2)))
    assert labels.tolist() == [0, 1]
    assert np.allclose(images.numpy(), pixels.transpose(0, 3, 1, 2) / 255)


def test_workers_repeat_random_transforms(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    for i in range(6):
        (tmp_path / "all").mkdir(exist_ok=True)
        pixels = np.random.default_rng(i).integers(0, 256, (9, 9, 3)).astype(np.uint8)
        pillow.fromarray(pixels).save(tmp_path / "all" / f"{i}.png")
    data = ImageFolder(tmp_path, t.Compose([t.RandomCrop(5), t.ColorJitter(0.5), t.ToTensor()]))

    def epoch(workers: int) -> np.ndarray[Any, Any]:
        nncore.manual_seed(2)
        return np.concatenate([x.numpy() for x, _ in DataLoader(data, 2, num_workers=workers)])

    assert (epoch(1) == epoch(2)).all()
    assert (epoch(0) == epoch(0)).all()


def test_damaged_images_are_named(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "0.png"
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    pillow.fromarray(pixels).save(path)
    whole = path.read_bytes()
    data = ImageFolder(tmp_path)
    for size in (*range(60), len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:size])
        with pytest.raises(nncore.CheckpointError, match="0.png: cannot read the image: "):
            data[0]
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="0.png: it is not a regular file"):
        data[0]


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        (
            {"root": "no/such/folder"},
            FileNotFoundError,
            "cannot read the folder .*no/such/folder: No such",
        ),
        ({"root": "a"}, FileNotFoundError, "ImageFolder: .*a has no folders; expected one for each class"),
        (
            {"is_valid_file": lambda path: "z" in path},
            FileNotFoundError,
            "no images in b of .*; expected files",
        ),
        ({"root": "b/2.png"}, NotADirectoryError, "ImageFolder: cannot read the folder .*: Not a directory"),
        ({"root": 3}, TypeError, r"ImageFolder: root must be a path, got 3 \(int\)"),
        ({"transform": 3}, TypeError, "ImageFolder: transform is a int; expected a function or None"),
        ({"loader": "pil"}, TypeError, "ImageFolder: loader is a str"),
    ],
)
def test_misuse(numbers: Path, change: dict[str, Any], kind: type[Exception], text: str) -> None:
    (numbers / "a" / "x" / "y.jpg").rename(numbers / "a" / "y.jpg")
    (numbers / "a" / "x").rmdir()
    settings: dict[str, Any] = {"loader": read, **change}
    root = settings.pop("root", "")
    with pytest.raises(kind, match=text):
        ImageFolder(numbers / root if isinstance(root, str) else root, **settings)


def test_without_pillow(numbers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "PIL":
            raise ModuleNotFoundError("No module named 'PIL'")
        return real(name, *args, **kwargs)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", missing)
    monkeypatch.delitem(sys.modules, "PIL.Image", raising=False)
    with pytest.raises(ModuleNotFoundError, match="Pillow, .* pip install pillow .the extra `vision`"):
        ImageFolder(numbers)
    assert len(ImageFolder(numbers, loader=read)) == 4
