"""CIFAR-10 and CIFAR-100 from files that the tests write: layouts, downloads, damage."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import nncore
from nncore.data import CIFAR10, CIFAR100, DataLoader
from nncore.data import transforms as t

PIXELS = 3 * 32 * 32


def records(seed: int, *labels: list[int]) -> bytes:
    """The bytes of a file with these labels; each argument is one byte of the records."""
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels[0]), PIXELS))
    return np.column_stack([*labels, pixels]).astype(np.uint8).tobytes()


TINY10 = {
    "data_batch_1.bin": records(1, [3, 9, 0]),
    "data_batch_2.bin": records(2, [5, 1]),
    "test_batch.bin": records(3, [7]),
}
TINY100 = {"train.bin": records(4, [19, 0], [99, 5]), "test.bin": records(5, [2], [42])}


def packed(folder: str, files: dict[str, bytes]) -> bytes:
    """A tar.gz file with the files in a folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


ARCHIVE10, ARCHIVE100 = packed(CIFAR10.folder, TINY10), packed(CIFAR100.folder, TINY100)


class Tiny10(CIFAR10):
    files: ClassVar[dict[bool, dict[str, int]]] = {
        True: {"data_batch_1.bin": 3, "data_batch_2.bin": 2},
        False: {"test_batch.bin": 1},
    }
    sums: ClassVar[dict[str, str]] = {name: md5(data) for name, data in TINY10.items()}
    archive = ("cifar-10-binary.tar.gz", md5(ARCHIVE10))
    mirrors = ()


class Tiny100(CIFAR100):
    files: ClassVar[dict[bool, dict[str, int]]] = {True: {"train.bin": 2}, False: {"test.bin": 1}}
    archive = ("cifar-100-binary.tar.gz", md5(ARCHIVE100))
    mirrors = ()


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No data folder in the environment, and an empty cache."""
    monkeypatch.delenv("NNCORE_DATA", raising=False)
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("layout", ["", "cifar-10-batches-bin"])
@pytest.mark.parametrize("how", ["argument", "environment", "cache"])
def test_cifar10(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, layout: str, how: str) -> None:
    root = tmp_path / ("cache" if how == "cache" else "data")
    put(root / layout, TINY10)
    if how == "environment":
        monkeypatch.setenv("NNCORE_DATA", str(root))
    data = Tiny10(root if how == "argument" else None)
    assert data.data.shape == (5, 3, 32, 32)
    assert data.data.dtype == nncore.uint8
    assert data.targets.tolist() == [3, 9, 0, 5, 1]
    second = np.frombuffer(TINY10["data_batch_1.bin"], np.uint8)[PIXELS + 2 : 2 * (PIXELS + 1)]
    assert (data.data[1].numpy().ravel() == second).all(), "red, green and blue planes, row by row"
    assert Tiny10(root if how == "argument" else None, train=False).targets.tolist() == [7]


def test_cifar100(tmp_path: Path) -> None:
    put(tmp_path / "cifar-100-binary", TINY100)
    data = Tiny100(tmp_path)
    assert data.data.shape == (2, 3, 32, 32)
    assert data.targets.tolist() == [99, 5]
    assert data.coarse_targets.tolist() == [19, 0]
    first = np.frombuffer(TINY100["train.bin"], np.uint8)[2 : PIXELS + 2]
    assert (data.data[0].numpy().ravel() == first).all()
    assert Tiny100(tmp_path, False).targets.tolist() == [42]


def test_names_of_the_classes() -> None:
    assert [len(names) for names in (CIFAR10.classes, CIFAR100.classes, CIFAR100.coarse_classes)] == [
        10,
        100,
        20,
    ]
    for names in (CIFAR10.classes, CIFAR100.classes, CIFAR100.coarse_classes):
        assert list(names) == sorted(set(names))


def test_published_sizes() -> None:
    sizes = [
        {name: n * (3072 + len(kind.labels)) for part in kind.files.values() for name, n in part.items()}
        for kind in (CIFAR10, CIFAR100)
    ]
    assert set(sizes[0].values()) == {30_730_000}
    assert sizes[1] == {"train.bin": 153_700_000, "test.bin": 30_740_000}


def test_transforms(tmp_path: Path) -> None:
    put(tmp_path, TINY10)
    data = Tiny10(tmp_path, True, t.Compose([t.RandomCrop(32, 4), t.ToTensor()]), lambda label: label % 2)
    image, label = data[0]
    assert (image.shape, image.dtype, label) == ((3, 32, 32), nncore.float32, 1)
    images, labels = next(iter(DataLoader(data, batch_size=5)))
    assert images.shape == (5, 3, 32, 32)
    assert labels.tolist() == [1, 1, 0, 1, 1]


@pytest.mark.parametrize(("kind", "archive"), [(Tiny10, ARCHIVE10), (Tiny100, ARCHIVE100)])
def test_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: type[CIFAR10], archive: bytes
) -> None:
    good = put(tmp_path / "good", {kind.archive[0]: archive})
    bad = put(tmp_path / "bad", {kind.archive[0]: archive[:-1]})
    monkeypatch.setattr(kind, "mirrors", tuple(f"{folder.as_uri()}/" for folder in (bad, good)))
    count = len(kind(tmp_path / "root", download=True))
    assert sorted(path.name for path in (tmp_path / "root" / kind.folder).iterdir()) == sorted(
        {**kind.files[True], **kind.files[False]}
    )
    monkeypatch.setattr(kind, "mirrors", ())
    assert len(kind(tmp_path / "root")) == count


def test_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        Tiny10(tmp_path)
    site = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    for part in ("no data_batch_1.bin", str(tmp_path), "download=True", site, "NNCORE_DATA"):
        assert part in str(missing.value)
    monkeypatch.setattr(Tiny10, "mirrors", ("http://127.0.0.1:9/",))
    with pytest.raises(OSError, match=r"cannot download data_batch_1.bin .*127\.0\.0\.1.*NNCORE_DATA"):
        Tiny10(download=True)
    assert not (tmp_path / "cache").exists(), "nothing half-done is left"


def changed(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("kind", "name", "data", "text"),
    [
        (Tiny10, "data_batch_2.bin", b"", "0 bytes, expected 6146: 2 images of 3073 bytes"),
        (Tiny10, "data_batch_2.bin", TINY10["data_batch_2.bin"][:-1], "6145 bytes, expected 6146"),
        (Tiny10, "data_batch_2.bin", TINY10["data_batch_2.bin"] + b"x", "6147 bytes, expected 6146"),
        (Tiny10, "data_batch_1.bin", changed(TINY10["data_batch_1.bin"], 3073, 10),
         "the label of image 1, at byte 3073, is 10; expected 0 to 9"),
        (Tiny10, "data_batch_1.bin", changed(TINY10["data_batch_1.bin"], 100, 7), "its MD5 is .*, expected"),
        (Tiny100, "train.bin", TINY100["train.bin"] * 2, "12296 bytes, expected 6148"),
        (Tiny100, "train.bin", changed(TINY100["train.bin"], 3074, 20),
         "the coarse label of image 1, at byte 3074, is 20; expected 0 to 19"),
        (Tiny100, "train.bin", changed(TINY100["train.bin"], 1, 255),
         "the fine label of image 0, at byte 1, is 255; expected 0 to 99"),
    ],
)  # fmt: skip
def test_damage_is_named(tmp_path: Path, kind: type[CIFAR10], name: str, data: bytes, text: str) -> None:
    put(tmp_path, {**TINY10, **TINY100, name: data})
    with pytest.raises(nncore.CheckpointError, match=f"{re.escape(str(tmp_path / name))}: {text}"):
        kind(tmp_path)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    put(tmp_path, TINY10)
    (tmp_path / "data_batch_1.bin").unlink()
    (tmp_path / "data_batch_1.bin").mkdir()
    with pytest.raises(OSError, match="data_batch_1.bin: it is a folder"):
        Tiny10(tmp_path)


@pytest.mark.parametrize(("kind", "count"), [(CIFAR10, 10), (CIFAR100, 100)])
@pytest.mark.parametrize("train", [True, False])
def test_the_real_files(data_folder: Path, kind: Any, train: bool, count: int) -> None:
    if not (data_folder / kind.folder).is_dir():
        pytest.skip(f"no {kind.folder} in {data_folder}")
    data = kind(data_folder, train)
    each = (50_000 if train else 10_000) // count
    assert np.bincount(data.targets.numpy()).tolist() == [each] * count
