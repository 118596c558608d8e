"""MNIST and Fashion-MNIST: searched folders and downloads, without a network."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import struct
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from nncore.data import MNIST, FashionMNIST

TINY = {
    "train-images-idx3-ubyte": bytes([0, 0, 8, 3]) + struct.pack(">3I", 3, 28, 28) + bytes(range(196)) * 12,
    "train-labels-idx1-ubyte": bytes([0, 0, 8, 1]) + struct.pack(">I", 3) + bytes([7, 1, 4]),
}


class Tiny(MNIST):
    """MNIST with three images; its mirrors are folders."""

    sums: ClassVar[dict[str, str]] = {name: hashlib.sha256(data).hexdigest() for name, data in TINY.items()}
    mirrors = ()


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No data folder in the environment, and an empty cache."""
    monkeypatch.delenv("NNCORE_DATA", raising=False)
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))


def put(folder: Path, zipped: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in TINY.items():
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(data) if zipped else data)
    return folder


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("layout", ["", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("how", ["argument", "environment", "cache", "xdg"])
def test_layouts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, layout: str, how: str, zipped: bool
) -> None:
    root = tmp_path / {"cache": "cache", "xdg": "xdg/nncore"}.get(how, "data")
    put(root / layout, zipped)
    if how == "environment":
        monkeypatch.setenv("NNCORE_DATA", str(root))
    if how == "xdg":
        monkeypatch.delenv("NNCORE_CACHE")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    data = Tiny(root if how == "argument" else None)
    assert data.data.shape == (3, 28, 28)
    assert data.data.numpy().tobytes() == TINY["train-images-idx3-ubyte"][16:]
    assert data.targets.tolist() == [7, 1, 4]
    assert str(data.targets.dtype) == "nncore.int64"


def test_nothing_found_names_the_remedies(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Tiny(tmp_path)
    text = str(caught.value)
    assert "\n" not in text
    for part in ("train-images-idx3-ubyte", str(tmp_path), "download=True", "NNCORE_DATA"):
        assert part in text


def test_download_takes_the_first_mirror_with_the_right_sum(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good, bad = put(tmp_path / "good"), put(tmp_path / "bad")
    for path in bad.iterdir():
        path.write_bytes(gzip.compress(b"something else"))
    mirrors = tuple(f"{(tmp_path / name).as_uri()}/" for name in ("missing", "bad", "good"))
    monkeypatch.setattr(Tiny, "mirrors", mirrors)
    assert len(Tiny(download=True)) == 3
    kept = tmp_path / "cache" / "MNIST" / "raw"
    assert sorted(path.name for path in kept.iterdir()) == sorted(name + ".gz" for name in TINY)
    shutil.rmtree(good)
    assert len(Tiny()) == 3, "the second time it comes from the cache"


def test_download_goes_below_the_root_that_was_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Tiny, "mirrors", (f"{put(tmp_path / 'good').as_uri()}/",))
    Tiny(tmp_path / "root", download=True)
    assert (tmp_path / "root/MNIST/raw/train-images-idx3-ubyte.gz").is_file()


def test_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Tiny, "mirrors", ("http://127.0.0.1:9/", "http://nowhere.invalid/"))
    with pytest.raises(OSError, match=r"cannot download train-images.*127\.0\.0\.1.*NNCORE_DATA") as caught:
        Tiny(download=True)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache").exists(), "nothing half-done is left"


def test_damage_is_named(tmp_path: Path) -> None:
    folder = put(tmp_path, zipped=False)
    images = folder / "train-images-idx3-ubyte"
    flipped = bytearray(TINY[images.name])
    flipped[100] ^= 1
    images.write_bytes(flipped)
    with pytest.raises(ValueError, match=f"{images}: its SHA-256 is"):
        Tiny(tmp_path)
    images.write_bytes(flipped[:-1])
    with pytest.raises(ValueError, match=f"{images}: truncated"):
        Tiny(tmp_path)


@pytest.mark.parametrize(
    ("kind", "train", "first", "count"),
    [
        (MNIST, True, [5, 0, 4, 1, 9], 60000),
        (MNIST, False, [7, 2, 1, 0, 4], 10000),
        (FashionMNIST, True, [9, 0, 0, 3, 0], 60000),
        (FashionMNIST, False, [9, 2, 1, 1, 6], 10000),
    ],
)
def test_the_real_files(
    data_folder: Path, kind: type[MNIST], train: bool, first: list[int], count: int
) -> None:
    if not (data_folder / "mnist").is_dir():
        pytest.skip(f"no mnist folder in {data_folder}")
    data = kind(data_folder, train)
    assert data.data.shape == (count, 28, 28)
    assert data.targets[:5].tolist() == first
    assert np.bincount(data.targets.numpy()).shape == (10,)
    assert len(kind.classes) == 10
