"""Truncated, damaged, foreign and forged files: each raises with its reason, and no code is executed."""

from __future__ import annotations

import io
import json
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

import nncore
from nncore.files.archive import HEX, MARK, _seal


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "state.nnz"
    nncore.save({"w": nncore.arange(3).float(), "step": 1}, path)
    return path


def test_truncated_at_every_byte(saved: Path) -> None:
    whole = saved.read_bytes()
    for end in range(len(whole)):
        saved.write_bytes(whole[:end])
        with pytest.raises(nncore.CheckpointError, match="the file is empty|truncated|not a file written by"):
            nncore.load(saved)


def test_one_flipped_bit_anywhere(saved: Path) -> None:
    whole = saved.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        saved.write_bytes(damaged)
        with pytest.raises(nncore.CheckpointError, match="damaged|not a file written by"):
            nncore.load(saved)


def test_trailing_bytes(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes() + b"\0")
    with pytest.raises(nncore.CheckpointError, match="truncated, or its end is damaged"):
        nncore.load(saved)


class Bomb:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was executed",))


def torch_like() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/version", "3")
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(), 4))
    return stream.getvalue()


FOREIGN = {
    "empty": (b"", "the file is empty"),
    "pickle": (pickle.dumps(Bomb()), "a pickle, which could run any code"),
    "pytorch": (torch_like(), "its pickle has protocol 4"),
    "text": (b"hello", "not a file written by nncore.save"),
    "zeros": (bytes(1000), "not a file written by nncore.save"),
}


@pytest.mark.parametrize(("data", "text"), FOREIGN.values(), ids=FOREIGN)
def test_foreign_files(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.nnz"
    path.write_bytes(data)
    with pytest.raises(nncore.CheckpointError, match=text) as caught:
        nncore.load(path)
    assert str(path) in str(caught.value)


def forge(path: Path, manifest: Any, entries: dict[str, bytes] | None = None, method: int = 0) -> None:
    """Write a file with a correct digest and wrong contents, as an attacker could."""
    with open(path, "wb+") as file:
        with zipfile.ZipFile(file, "w", method) as archive:
            text = manifest if isinstance(manifest, (str, bytes)) else json.dumps(manifest)
            archive.writestr(zipfile.ZipInfo("manifest.json"), text, method)
            for name, data in (entries or {}).items():
                archive.writestr(zipfile.ZipInfo(name), data, method)
            archive.comment = MARK + b"0" * HEX
        _seal(file)


def npy(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


def tree(value: Any, **others: Any) -> dict[str, Any]:
    return {"format": "nncore", "version": 1, "tree": value, **others}


HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4)}\n"
NEGATIVE = "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -1)}\n"
OBJECT = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n"
DEEP = '{"format":"nncore","version":1,"tree":' + '{"list":[' * 5000 + "1" + "]}" * 5000 + "}"
FORGED: dict[str, tuple[Any, dict[str, bytes], int, str]] = {
    "newer": (
        tree(1, version=2),
        {},
        0,
        "format version 2, but this nncore reads versions up to 1; install a newer",
    ),
    "no version": ({"format": "nncore"}, {}, 0, "format version None"),
    "version is text": (tree(1, version="1"), {}, 0, "format version 1"),
    "another format": ({"format": "x", "version": 1}, {}, 0, "manifest is not nncore's"),
    "no tree": ({"format": "nncore", "version": 1}, {}, 0, "malformed checkpoint: 'tree'"),
    "no json": ("{", {}, 0, "malformed checkpoint"),
    "no utf-8": (b"\xff\xff\xff", {}, 0, "malformed checkpoint"),
    "json list": ([1], {}, 0, "manifest is not nncore's"),
    "compressed": (tree("a" * 9999), {}, zipfile.ZIP_DEFLATED, "claim more bytes than|compressed entries"),
    "unknown kind": (tree({"code": ["x"]}), {}, 0, "malformed manifest: 'code'"),
    "two kinds": (tree({"list": [], "dict": []}), {}, 0, "malformed manifest"),
    "bare list": (tree([1]), {}, 0, "malformed manifest"),
    "odd dict": (tree({"dict": [[1, 2, 3]]}), {}, 0, "malformed checkpoint"),
    "dict of numbers": (tree({"dict": [1]}), {}, 0, "malformed checkpoint"),
    "key twice": (tree({"dict": [["a", 1], ["a", 2]]}), {}, 0, "has one key twice"),
    "key is a list": (tree({"dict": [[["a"], 1]]}), {}, 0, "a key is neither text nor integer"),
    "odd float": (tree({"float": "1.5"}), {}, 0, "malformed manifest: 'float'"),
    "deep json": (DEEP, {}, 0, "malformed checkpoint|nested more than 100 deep"),
    "missing array": (tree({"tensor": "w"}), {}, 0, "array w: .*There is no item named"),
    "array name is a number": (tree({"tensor": 5}), {}, 0, "malformed manifest: 'tensor'"),
    "not npy": (tree({"tensor": "w"}), {"w.npy": b"hello, hello"}, 0, "array w: "),
    "empty npy": (tree({"tensor": "w"}), {"w.npy": b""}, 0, "array w: "),
    "huge shape": (
        tree({"tensor": "w"}),
        {"w.npy": npy(HUGE) + b"abcd"},
        0,
        "array w: the header says shape",
    ),
    "negative shape": (
        tree({"tensor": "w"}),
        {"w.npy": npy(NEGATIVE) + b"abcd"},
        0,
        "array w: the header says shape",
    ),
    "object array": (tree({"array": "w"}), {"w.npy": npy(OBJECT) + b"abcdefgh"}, 0, "array w: .*not allowed"),
    "npy version 9": (tree({"array": "w"}), {"w.npy": b"\x93NUMPY\x09\x00"}, 0, "array w: "),
    "code in a header": (tree({"array": "w"}), {"w.npy": npy("__import__('os').abort()\n")}, 0, "array w: "),
}


@pytest.mark.parametrize(("manifest", "entries", "method", "text"), FORGED.values(), ids=FORGED)
def test_forged_files(
    tmp_path: Path, manifest: Any, entries: dict[str, bytes], method: int, text: str
) -> None:
    path = tmp_path / "a.nnz"
    forge(path, manifest, entries, method)
    tracemalloc.start()
    try:
        with pytest.raises(nncore.CheckpointError, match=text) as caught:
            nncore.load(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name(tmp_path: Path) -> None:
    with open(tmp_path / "a.nnz", "wb+") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for _ in range(2):
                archive.writestr("manifest.json", json.dumps(tree(1)))
            archive.comment = MARK + b"0" * HEX
        _seal(file)
    with pytest.raises(nncore.CheckpointError, match="two entries of the same name"):
        nncore.load(tmp_path / "a.nnz")
