"""IDX files: round trips, and the error of each kind of damage."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nncore.data import read_idx


def idx(code: int, sizes: list[int], body: bytes) -> bytes:
    return bytes([0, 0, code, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + body


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("code", "dtype"), [(8, "u1"), (9, "i1"), (0xB, "i2"), (0xC, "i4"), (0xD, "f4"), (0xE, "f8")]
)
@pytest.mark.parametrize("shape", [(0,), (5,), (2, 3), (2, 0, 4), (2, 3, 4), ()])
def test_round_trip(tmp_path: Path, zipped: bool, code: int, dtype: str, shape: tuple[int, ...]) -> None:
    array: np.ndarray[Any, Any] = (np.arange(int(np.prod(shape))) - 3 * (dtype != "u1")).astype(dtype)
    data = idx(code, list(shape), array.astype(">" + dtype).tobytes())
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(data) if zipped else data)
    found = read_idx(path)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, array.reshape(shape))


GOOD = idx(8, [2, 3], b"abcdef")
HUGE = [2**32 - 1] * 3
BAD = {
    "empty": (b"", "truncated in its magic number: 0 of 4 bytes"),
    "short magic": (b"\0\0", "truncated in its magic number: 2 of 4"),
    "foreign": (b"\x89PNG....", "not an IDX file: it starts with 89504e47"),
    "unknown dtype": (idx(7, [1], b"a"), "not an IDX file"),
    "short header": (GOOD[:10], "truncated in its header: 6 of 8 bytes"),
    "short body": (GOOD[:-1], r"truncated: its header \(2, 3\) needs 6 bytes, 5 follow"),
    "long body": (GOOD + b"x", r"more bytes than its header \(2, 3\) needs \(6\)"),
    "absurd sizes": (idx(8, HUGE, b"abc"), "truncated: its header .* 3 follow"),
    "absurd and empty": (idx(8, [0, *HUGE], b""), "its header gives shape"),
    "too many axes": (idx(8, [1] * 200, b"a"), "its header gives shape"),
    "broken gzip": (gzip.compress(GOOD)[:-12], "damaged gzip file"),
    "gzip of nothing": (gzip.compress(b""), "truncated in its magic number"),
    "flipped gzip": (gzip.compress(GOOD)[:-6] + b"zzzzzz", "damaged gzip file"),
}


@pytest.mark.parametrize(("data", "text"), BAD.values(), ids=BAD)
def test_damage_is_named(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "images"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=text) as caught:
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20, "memory follows the file, not its header"
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)


def test_truncated_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "images"
    for whole in (GOOD, gzip.compress(GOOD)):
        for end in range(len(whole)):
            path.write_bytes(whole[:end])
            with pytest.raises(ValueError, match=str(path)):
                read_idx(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        read_idx(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_idx(tmp_path / "pipe")
