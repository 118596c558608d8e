"""save and load: every value round trips, every damaged file is refused with a reason."""

from __future__ import annotations

import io
import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _archive

INF = float("inf")


def same(a: Any, b: Any) -> bool:
    """Equal in type, structure and bits."""
    if isinstance(a, nncore.Tensor):
        return isinstance(b, nncore.Tensor) and same(a.numpy(), b.numpy())
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and (a.dtype, a.shape, a.tobytes()) == (
            b.dtype,
            b.shape,
            b.tobytes(),
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and repr(a) == repr(b)


VALUES: dict[str, Any] = {
    "scalars": [
        None,
        True,
        False,
        0,
        -1,
        2**70,
        1.5,
        -0.0,
        5e-324,
        0.1,
        INF,
        -INF,
        float("nan"),
        "",
        "ä\0\n",
        "PK",
    ],
    "nesting": {"a": [(1, 2), (), [], {}], "b": {"c": {"d": (None,)}}},
    "integer keys": {0: "a", "0": "b", -3: {1: 2}},
    "awkward keys": {
        "": 1,
        "../../etc/passwd": np.ones(2),
        "a/b": np.zeros(1),
        "a": {"b": np.zeros(2)},
        "ü" * 300: 4,
    },
    "scalar tensor": nncore.tensor(3.5),
    "empty tensor": nncore.zeros(0, 3),
    "only a number": 7,
    "deep": [[[[[[[[[[[[[nncore.ones(2)]]]]]]]]]]]]],
}
DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_round_trip(tmp_path: Path, value: Any) -> None:
    nncore.save(value, tmp_path / "a")
    assert same(value, nncore.load(tmp_path / "a"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_arrays_round_trip(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    array = np.asarray(rng.integers(0, 2, shape)).astype(dtype)
    value = {"tensor": nncore.from_numpy(array.copy()), "array": array}
    nncore.save(value, tmp_path / "a")
    assert same(value, nncore.load(tmp_path / "a"))


def test_other_layouts_and_kinds(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    value = [array.T, array[:, ::-1], array.astype(">f4"), np.float32(1.5), np.int16(3), np.bool_(True)]
    nncore.save(OrderedDict(a=value), str(tmp_path / "a"))
    found = nncore.load(str(tmp_path / "a"))["a"]
    for a, b in zip(value[:3], found, strict=False):
        np.testing.assert_array_equal(a, b)
    assert found[3:] == [1.5, 3, True]


def test_special_floats_keep_their_bits(tmp_path: Path) -> None:
    bits = np.array([0x7FC00001, 0xFFC00000, 0x7F800000, 0x80000000, 0x00000001], np.uint32).view(np.float32)
    nncore.save(bits, tmp_path / "a")
    assert nncore.load(tmp_path / "a").tobytes() == bits.tobytes()


def test_same_values_same_bytes_and_numpy_reads_them(tmp_path: Path) -> None:
    value = {"layer.weight": nncore.ones(2, 3), "step": 4}
    for name in ("a", "b"):
        nncore.save(value, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with np.load(tmp_path / "a") as archive:
        np.testing.assert_array_equal(archive["layer.weight"], np.ones((2, 3), np.float32))


def test_state_dict_of_a_model(tmp_path: Path) -> None:
    model, other = nncore.nn.Linear(3, 2), nncore.nn.Linear(3, 2)
    nncore.save(model.state_dict(), tmp_path / "a")
    other.load_state_dict(nncore.load(tmp_path / "a"))
    assert same(dict(model.state_dict()), dict(other.state_dict()))


looped: dict[str, Any] = {}
looped["self"] = looped
UNSAVABLE: dict[str, tuple[Any, str]] = {
    "set": ({"a": [1, {2}]}, r"obj\['a'\]\[1\] is a builtins.set; expected dicts"),
    "module": (nncore.nn.Linear(1, 1), r"obj is a nncore.nn.*Linear.*save its state_dict"),
    "function": ([print], r"obj\[0\] is a builtins"),
    "bytes": (b"x", "builtins.bytes"),
    "objects": (np.array([{}]), "dtype object; expected numbers"),
    "text array": (np.array(["a"]), "expected numbers"),
    "complex": (np.ones(1, complex), "dtype complex128"),
    "float key": ({1.5: 1}, "has the key 1.5"),
    "bool key": ({True: 1}, "has the key True"),
    "contains itself": (looped, "nested more than 100 deep, or contains itself"),
}


@pytest.mark.parametrize(("value", "text"), UNSAVABLE.values(), ids=UNSAVABLE)
def test_what_cannot_be_saved(tmp_path: Path, value: Any, text: str) -> None:
    nncore.save(1, tmp_path / "a")
    with pytest.raises(TypeError, match=f"^save: {text}|^save: .*{text}"):
        nncore.save(value, tmp_path / "a")
    assert nncore.load(tmp_path / "a") == 1, "the old file is untouched"
    assert os.listdir(tmp_path) == ["a"], "and no temporary one is left"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "state"
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
    for position, bit in itertools.product(range(len(whole)), range(8)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << bit
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
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb()))
    return stream.getvalue()


FOREIGN = {
    "empty": (b"", "the file is empty"),
    "pickle": (pickle.dumps(Bomb()), "a pickle, which could run any code"),
    "pytorch": (torch_like(), "a PyTorch checkpoint holding a pickle"),
    "text": (b"hello", "not a file written by nncore.save"),
    "zeros": (bytes(1000), "not a file written by nncore.save"),
}


@pytest.mark.parametrize(("data", "text"), FOREIGN.values(), ids=FOREIGN)
def test_foreign_files(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises(nncore.CheckpointError, match=text) as caught:
        nncore.load(path)
    assert str(path) in str(caught.value)


def forge(path: Path, manifest: Any, entries: dict[str, bytes] | None = None, method: int = 0) -> None:
    """A file with a right seal around wrong contents: what a hostile writer could make."""
    with open(path, "wb+") as file:
        with zipfile.ZipFile(file, "w", method) as archive:
            text = manifest if isinstance(manifest, (str, bytes)) else json.dumps(manifest)
            archive.writestr(zipfile.ZipInfo("manifest.json"), text, method)
            for name, data in (entries or {}).items():
                archive.writestr(zipfile.ZipInfo(name), data, method)
            archive.comment = _archive.MARK + b"0" * _archive.HEX
        _archive._seal(file)


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
        "format version 2, this nncore reads versions up to 1; install a newer",
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
    path = tmp_path / "a"
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
    with open(tmp_path / "a", "wb+") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for _ in range(2):
                archive.writestr("manifest.json", json.dumps(tree(1)))
            archive.comment = _archive.MARK + b"0" * _archive.HEX
        _archive._seal(file)
    with pytest.raises(nncore.CheckpointError, match="two entries of one name"):
        nncore.load(tmp_path / "a")


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        nncore.load(tmp_path / "missing")
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        nncore.load(tmp_path)
    with pytest.raises(OSError, match="not a regular file"):
        nncore.load(tmp_path / "pipe")
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        nncore.save(1, tmp_path)
    with pytest.raises(OSError, match="not a regular file"):
        nncore.save(1, tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        nncore.save(1, tmp_path / "missing" / "a")
    with pytest.raises(TypeError):
        nncore.save(1, 5)  # type: ignore[arg-type]


def test_links_are_followed(tmp_path: Path) -> None:
    nncore.save(1, tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    nncore.save(2, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert nncore.load(tmp_path / "real") == 2


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    nncore.save(1, tmp_path / "a")
    (tmp_path / "b").write_bytes(b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_failed_write_keeps_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at any write."""
    before = saved.read_bytes()
    real = zipfile.ZipFile.writestr
    for allowed in range(2):
        calls = itertools.count()

        def limited(*args: Any, calls: Any = calls, allowed: int = allowed, **kwargs: Any) -> None:
            if next(calls) >= allowed:
                raise OSError(28, "No space left on device")
            real(*args, **kwargs)

        def no_sync(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(zipfile.ZipFile, "writestr", limited)
        monkeypatch.setattr(os, "fsync", no_sync)
        with pytest.raises(OSError, match="No space left"):
            nncore.save({"new": 1}, saved)
        monkeypatch.undo()
        assert saved.read_bytes() == before
        assert os.listdir(saved.parent) == [saved.name]


SAVE_FOREVER = """
import sys, numpy, nncore
step = 0
while True:
    step += 1
    nncore.save({"a": numpy.full(200_000, step), "b": numpy.full(200_000, step)}, sys.argv[1])
    print(step, flush=True)
"""


def test_kill_while_saving_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for delay in (0.0, 0.003, 0.01):
        process = subprocess.Popen([sys.executable, "-c", SAVE_FOREVER, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = nncore.load(path)
        assert len({*found["a"].tolist(), *found["b"].tolist()}) == 1
