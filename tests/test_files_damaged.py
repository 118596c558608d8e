"""Damaged files and files with too large sizes in their headers: the size of the file bounds the memory."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from file_mutation import faults, sealed
from nncore.data import load_csv, load_npz, read_idx
from nncore.files import reading
from nncore.files.archive import HEX, MARK


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_damage_is_refused_in_little_memory(tmp_path: Path, seed: int) -> None:
    """`python tests/file_mutation.py 100000` tries more files."""
    assert list(faults(tmp_path, 400, seed)) == []


def peak_of(call: Callable[[], Any]) -> tuple[Any, int]:
    """(the result, the peak memory of Python and NumPy during the call)."""
    tracemalloc.start()
    try:
        result = call()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_references_to_one_array_share_it(tmp_path: Path) -> None:
    path = tmp_path / "state.nnz"
    value = {"w": np.zeros((250, 1000), np.float32)}
    nncore.save({"w": nncore.from_numpy(value["w"])}, path)
    with zipfile.ZipFile(path) as archive:
        manifest, array = archive.read("manifest.json"), archive.read("w.npy")
    reference, other = b'{"tensor":"w"}', b'{"array":"w"}'
    manifest = manifest.replace(
        b'["w",' + reference + b"]",
        b'["w",{"list":[' + b",".join([reference] * 3000 + [other] * 3000) + b"]}]",
    )
    with open(path, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", manifest)
        archive.writestr("w.npy", array)
        archive.comment = MARK + bytes(HEX)
    path.write_bytes(sealed(path.read_bytes()))
    (found), peak = peak_of(lambda: nncore.load(path)["w"])
    assert peak < 4 * path.stat().st_size
    assert len(found) == 6000
    assert all(tensor is found[0] for tensor in found[:3000])
    assert all(array is found[-1] for array in found[3000:])
    assert found[0].tolist() == value["w"].tolist()


BOMBS: dict[str, tuple[Callable[[Path, int], object], Callable[[Path], Any], str]] = {
    "npz": (
        lambda path, size: np.savez_compressed(
            path, x=np.zeros((size // 100, 100), np.uint8), y=np.zeros(size // 100)
        ),
        lambda path: load_npz(path, labels=False),
        "its arrays expand to .* save them with numpy.savez",
    ),
    "csv.gz": (
        lambda path, size: path.write_bytes(gzip.compress((b"1," * 49 + b"a\n") * (size // 100), 9)),
        load_csv,
        "the file expands to more than .* decompress it first",
    ),
    "csv.gz of one line": (
        lambda path, size: path.write_bytes(gzip.compress(b"1" * size, 9)),
        load_csv,
        "the file expands to more than",
    ),
    "idx.gz": (
        lambda path, size: path.write_bytes(
            gzip.compress(bytes([0, 0, 8, 1]) + size.to_bytes(4, "big") + bytes(size), 9)
        ),
        read_idx,
        "the file expands to more than",
    ),
}


@pytest.mark.parametrize(("write", "read", "text"), BOMBS.values(), ids=BOMBS)
def test_compressed_files_that_expand_too_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any, read: Any, text: str
) -> None:
    """The limit of 64 MiB is lowered to 1 MiB, so that small files exceed it."""
    monkeypatch.setattr(reading, "ALWAYS", 1 << 20)
    path = tmp_path / "bomb.npz"
    write(path, 8 << 20)
    assert path.stat().st_size < 40_000

    def refused() -> None:
        with pytest.raises(nncore.CheckpointError, match=text):
            read(path)

    assert peak_of(refused)[1] < 12 << 20


def test_a_highly_compressed_file_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, x=np.zeros((1000, 1000), np.uint8), y=np.zeros(1000, int))
    assert load_npz(path).x.shape == (1000, 1000)
    path.write_bytes(gzip.compress(b"1,2,a\n" * 100_000))
    assert load_csv(path).x.shape == (100_000, 2)


def test_an_archive_that_claims_more_than_the_file(tmp_path: Path) -> None:
    """zipfile allocates the compressed size in an entry's header before it reads the entry."""
    path = tmp_path / "state.nnz"
    nncore.save({"w": nncore.ones(3)}, path)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\1\2")
    data[entry + 20 : entry + 24] = (2**31 - 2).to_bytes(4, "little")
    path.write_bytes(sealed(bytes(data)))

    def refused() -> None:
        with pytest.raises(nncore.CheckpointError, match="claim more bytes than the file has"):
            nncore.load(path)

    assert peak_of(refused)[1] < 1 << 20


PEAK = """
import sys, nncore
from nncore.train import resume
nncore.load(sys.argv[2])

def memory():
    lines = open("/proc/self/status").read().split("\\n")
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

before = memory()
state = nncore.load(sys.argv[1])
print(memory() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
@pytest.mark.parametrize("pieces", [1, 64])
def test_loading_takes_the_memory_of_the_file(tmp_path: Path, pieces: int) -> None:
    path, small = tmp_path / "large.nnz", tmp_path / "small.nnz"
    nncore.save([nncore.ones((24 << 18) // pieces) for _ in range(pieces)], path)
    nncore.save([nncore.ones(3)], small)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, path, small], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) < 1.2 * path.stat().st_size


def test_npy_headers_as_others_write_them() -> None:
    from nncore.files.npy import read_npy

    for header in (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        '{"shape":(2,),"fortran_order":False,"descr":"<f4"}\n',
        "{ 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2L , ) , }   \n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2), }",
    ):
        data = (
            b"\x93NUMPY\1\0"
            + len(header).to_bytes(2, "little")
            + header.encode()
            + np.ones(2, "<f4").tobytes()
        )
        assert read_npy(io.BytesIO(data), len(data)).tolist() == [1, 1]
