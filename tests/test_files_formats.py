"""The ending of a name chooses the format: .npz and .safetensors beside nncore's and PyTorch's own."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.files import reading
from nncore.files.atomic import check_replaceable, replacing

DTYPES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint16", "uint8", "bool")
VALUES = np.array([[0.0, 1.0, 5.5], [2.0, 3.0, 4.25]])


def state() -> dict[str, Any]:
    """Tensors of all dtypes, arrays in both orders, 0-dimensional and empty ones, nested."""
    return {
        "dtypes": {name: nncore.from_numpy(VALUES.astype(name)) for name in DTYPES},
        "order": {"fortran": np.asfortranarray(VALUES), "strided": VALUES[:, ::2]},
        "step": nncore.tensor(7),
        "empty": nncore.zeros(0, 3),
        "layer.weight": nncore.nn.Parameter(nncore.ones(2, 2)),
        "ä b": nncore.ones(1),
    }


def flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in value.items():
        found |= flat(item, f"{prefix}{key}.") if isinstance(item, dict) else {prefix + key: item}
    return found


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        other, array = (
            v.detach().numpy() if isinstance(v, nncore.Tensor) else v for v in (found[name], value)
        )
        assert (other.dtype, other.shape) == (array.dtype, array.shape), name
        np.testing.assert_array_equal(other, array)


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_dicts_of_arrays_return_flat(tmp_path: Path, ending: str) -> None:
    path, expected = tmp_path / f"state{ending}", flat(state())
    nncore.save(state(), path)
    found = nncore.load(path)
    assert all(type(value) is nncore.Tensor for value in found.values())
    assert_same(found, expected)
    nncore.save(found, tmp_path / f"again{ending}")
    assert path.read_bytes() == (tmp_path / f"again{ending}").read_bytes()
    with open(tmp_path / f"open{ending}", "wb") as file:
        nncore.save(state(), file)
    assert path.read_bytes() == (tmp_path / f"open{ending}").read_bytes()
    assert_same(nncore.load(io.BytesIO(path.read_bytes())), expected)


def test_an_open_file_of_our_format_may_be_write_only(tmp_path: Path) -> None:
    nncore.save([1, "a"], tmp_path / "a.nnz")
    with open(tmp_path / "b.nnz", "wb") as file:
        nncore.save([1, "a"], file)
    assert (tmp_path / "a.nnz").read_bytes() == (tmp_path / "b.nnz").read_bytes()


def test_numpy_reads_and_writes_npz(tmp_path: Path) -> None:
    nncore.save(state(), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        assert_same(dict(archive), flat(state()))
    arrays: dict[str, Any] = {"w": VALUES, "big": VALUES.astype(">f4"), "fortran": np.asfortranarray(VALUES)}
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "b.npz", **arrays)
        found = nncore.load(tmp_path / "b.npz")
        assert [found[name].tolist() for name in arrays] == [VALUES.tolist()] * 3


def test_the_safetensors_package_reads_and_writes_our_files(tmp_path: Path) -> None:
    package = pytest.importorskip("safetensors.numpy")
    values = {**state(), "half": nncore.ones(3).to(nncore.bfloat16)}
    nncore.save(values, tmp_path / "a.safetensors")
    data = (tmp_path / "a.safetensors").read_bytes()
    entries = dict(pytest.importorskip("safetensors").deserialize(data))
    assert entries["half"]["dtype"] == "BF16"
    assert bytes(entries["half"]["data"]) == struct.pack("<3H", *[0x3F80] * 3)
    start = 8 + int.from_bytes(data[:8], "little")
    for entry in json.loads(data[8:start]).values():
        if "dtype" in entry and entry["dtype"].endswith("64"):
            assert (start + entry["data_offsets"][0]) % 8 == 0
    assert nncore.load(tmp_path / "a.safetensors")["half"].tolist() == [1, 1, 1]
    nncore.save(state(), tmp_path / "a.safetensors")
    theirs = package.load_file(tmp_path / "a.safetensors")
    assert_same({name: theirs[name] for name in flat(state())}, flat(state()))
    package.save_file({"w": VALUES, "b": VALUES[0] > 1}, tmp_path / "b.safetensors")
    assert_same(nncore.load(tmp_path / "b.safetensors"), {"w": VALUES, "b": VALUES[0] > 1})


def test_pytorch_reads_our_safetensors(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = pytest.importorskip("safetensors.torch")
    nncore.save({"w": nncore.ones(2).to(nncore.bfloat16)}, tmp_path / "a.safetensors")
    found = package.load_file(tmp_path / "a.safetensors")["w"]
    assert (str(found.dtype), found.tolist()) == ("torch.bfloat16", [1, 1])


ENDINGS = ".nnz, .npz, .safetensors, .pt or .pth, which chooses the format of the file"
W = np.ones(2, np.float32)
REFUSED: list[tuple[str, Any, type[Exception], str]] = [
    *(
        (name, {"w": W}, ValueError, f"{name}' must end with {ENDINGS}")
        for name in ("a", "a.ckpt", "a.onnx", "a.PKL", "a.h5", "npz", "a.npz.gz", "a.npy")
    ),
    (".npz", 1, TypeError, "obj is a int; a file that ends with .npz holds a dict of tensors and arrays;"),
    (".npz", W, TypeError, "obj is a ndarray; a file that ends with .npz holds a dict of tensors and arrays"),
    (
        ".npz",
        {"a": {"b": [W]}},
        TypeError,
        "obj['a']['b'] is a list; a file that ends with .npz holds a dict",
    ),
    (
        ".safetensors",
        {"lr": 0.5},
        TypeError,
        "obj['lr'] is a float; a file that ends with .safetensors holds",
    ),
    (".safetensors", {"a": {3: W}}, TypeError, "obj['a'] has the key 3; expected strings"),
    (".npz", {"a": {"b": W}, "a.b": W}, ValueError, "obj has two values of the name 'a.b'"),
    (".npz", {"w": W.astype(complex)}, TypeError, "obj['w']: from_numpy: NumPy dtype complex128 is not"),
    (".npz", {"w": np.array(["a"])}, TypeError, "obj['w']: from_numpy: NumPy dtype <U1 is not supported"),
    (
        ".npz",
        {"w": nncore.ones(1).to(nncore.bfloat16)},
        TypeError,
        "w is bfloat16, which .npz lacks; convert",
    ),
    (".npz", {"w\0": W}, ValueError, "the name 'w\\x00' contains a zero byte"),
    (".safetensors", {"__metadata__": W}, ValueError, "the name '__metadata__' has another meaning"),
]


@pytest.mark.parametrize(("name", "value", "error", "text"), REFUSED, ids=[row[3][:60] for row in REFUSED])
def test_what_save_refuses(tmp_path: Path, name: str, value: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^save: .*?{re.escape(text)}"):
        nncore.save(value, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_load_refuses_other_endings(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^load: 'a.ckpt' must end with {ENDINGS}"):
        nncore.load("a.ckpt")


def packed(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(shape: Any, start: Any, end: Any, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


DAMAGED = {
    "empty": (b"", "its header claims 0 bytes; the file has 0"),
    "text": (b"hello world", "its header claims .* bytes; the file has 11"),
    "long header": (struct.pack("<Q", 2**40) + b"{}", "its header claims 1099511627776 bytes"),
    "no JSON": (packed(b"{nothing}"), "Expecting property name"),
    "a list": (packed([1, 2]), "its header is not a JSON object"),
    "deep": (packed(b"[" * 100_000), "recursion|its header"),
    "huge": (
        packed({"w": entry([2**40], 0, 2**42)}),
        "tensor w has the bytes 0 to 4398046511104; expected 0",
    ),
    "zero by huge": (packed({"w": entry([0, 2**80], 0, 0)}), "damaged .safetensors file"),
    "hole": (
        packed({"w": entry([1], 4, 8)}, bytes(8)),
        "tensor w has the bytes 4 to 8; expected 0 to the end",
    ),
    "overlap": (
        packed({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, bytes(4)),
        "tensor b has the bytes 0 to 4; expected 4",
    ),
    "rest": (packed({"w": entry([1], 0, 4)}, bytes(5)), "bytes follow the last tensor"),
    "truncated": (packed({"w": entry([2], 0, 8)}, bytes(7)), "tensor w has the bytes 0 to 8; expected 0"),
    "shape": (
        packed({"w": entry([3], 0, 4)}, bytes(4)),
        r"tensor w of shape \(3,\) and dtype F32 has 4 bytes",
    ),
    "negative": (packed({"w": entry([-1, -1], 0, 4)}, bytes(4)), r"tensor w has the shape \(-1, -1\)"),
    "fraction": (packed({"w": entry([1.0], 0, 4)}, bytes(4)), r"tensor w has the shape \(1.0,\)"),
    "dtype": (
        packed({"w": entry([1], 0, 1, "F8_E4M3")}, b"1"),
        "tensor w has the dtype F8_E4M3; expected one",
    ),
    "missing": (packed({"w": {"dtype": "F32"}}), "data_offsets"),
    "number": (packed({"w": 3}), "damaged .safetensors file"),
    "offsets": (packed({"w": entry([1], "a", "b")}), "damaged .safetensors file"),
}


@pytest.mark.parametrize(("data", "text"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_safetensors(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(nncore.CheckpointError, match=text) as caught:
        nncore.load(path)
    assert str(path) in str(caught.value)


def test_damaged_npz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, w=np.array([{}]), allow_pickle=True)
    with pytest.raises(
        nncore.CheckpointError, match="dtype object is not allowed|not understood|not allowed"
    ):
        nncore.load(path)
    np.savez(path, w=np.ones(2, np.uint32))
    with pytest.raises(nncore.CheckpointError, match="array w: from_numpy: NumPy dtype uint32 is not supp"):
        nncore.load(path)
    path.write_bytes(b"hello")
    with pytest.raises(nncore.CheckpointError, match="not an .npz file"):
        nncore.load(path)
    monkeypatch.setattr(reading, "ALWAYS", 1 << 10)
    np.savez_compressed(path, w=np.zeros(1_000_000))
    with pytest.raises(nncore.CheckpointError, match="its arrays expand to 8000128 bytes, above the limit"):
        nncore.load(path)


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named_by_the_path(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    refuses_by_path(tmp_path / "locked" / "a.nnz", PermissionError)


def test_messages_name_the_path_not_the_temporary_file(tmp_path: Path) -> None:
    refuses_by_path(Path("/proc/a.nnz"), OSError)
    with pytest.raises(OSError, match="No space left on device") as caught, replacing(tmp_path / "a.nnz"):
        raise OSError(28, "No space left on device", "temporary")
    assert caught.value.filename == str(tmp_path / "a.nnz")


def refuses_by_path(path: Path, error: type[OSError]) -> None:
    uses: list[Callable[[], None]] = [lambda: nncore.save(1, path), lambda: check_replaceable(path)]
    for use in uses:
        with pytest.raises(error) as caught:
            use()
        assert caught.value.filename == str(path)
        assert ".tmp" not in str(caught.value)
