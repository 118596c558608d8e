"""Damaged, hostile and foreign files named .pt: each raises with its reason and runs no code."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore

FOLDER = Path(__file__).parent / "data" / "pytorch"


def archive(pickled: bytes, method: int = zipfile.ZIP_STORED, **entries: Any) -> bytes:
    """A file with this pickle; storage 0 has the floats 0, 1, 2, 3."""
    contents = {"data.pkl": pickled, "version": b"3\n", "byteorder": b"little"}
    contents |= {"data/0": np.arange(4, dtype="<f4").tobytes(), **entries}
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w", method) as file:
            for name, data in contents.items():
                file.writestr(f"model/{name}", data)
        return stream.getvalue()


class Global:
    """Pickled as the call of a function that may not be installed."""

    def __init__(self, name: str, *args: Any) -> None:
        self.name, self.args = name, args


def pickled(value: Any) -> bytes:
    """The pickle of a value with Globals, and with persistent ids for tuples that start with "storage"."""
    out = io.BytesIO()

    def add(value: Any) -> None:
        if isinstance(value, Global):
            out.write(b"c" + value.name.replace(" ", "\n").encode() + b"\n")
            if value.args:
                add(value.args)
                out.write(b"R")
        elif isinstance(value, tuple):
            out.write(b"(")
            for item in value:
                add(item)
            out.write(b"tQ" if value[:1] == ("storage",) else b"t")
        elif isinstance(value, list):
            out.write(b"](")
            for item in value:
                add(item)
            out.write(b"e")
        else:
            out.write(pickle.dumps(value, 2)[2:-1])

    add(value)
    return b"\x80\2" + out.getvalue() + b"."


def storage(count: Any = 4, kind: str = "FloatStorage", key: Any = "0", location: Any = "cpu") -> Any:
    return ("storage", Global(f"torch {kind}"), key, location, count)


def tensor(shape: Any, strides: Any, offset: Any = 0, of: Any = None, *more: Any) -> Global:
    values = (storage() if of is None else of, offset, shape, strides, False, None, *more)
    return Global("torch._utils _rebuild_tensor_v2", *values)


def untyped(dtype: Global, count: int = 16, of: Any = None) -> Global:
    """A tensor of PyTorch's dtypes without storages of their own."""
    bytes_ = ("storage", Global("torch.storage UntypedStorage"), "0", "cpu", count)
    return Global("torch._utils _rebuild_tensor_v3", of or bytes_, 0, (2,), (1,), False, None, dtype)


LABELS = tensor((2,), (1,), 0, storage(2, "LongStorage"))


def pathological_tuple() -> bytes:
    """A tuple of a tuple of a tuple ..., twice each: hashing it takes 2 ** 60 steps."""
    return b"\x80\2})" + b"q\0h\0\x86" * 60 + b"K\1s."


CALLS = (
    "builtins eval",
    "os system",
    "posix system",
    "__builtin__ getattr",
    "torch.nn.modules.linear Linear",
)
HOSTILE: dict[str, tuple[bytes, str]] = {
    **{
        f"calls {name}": (pickled(Global(name, "1")), f"contains {name.replace(' ', '.')}; load runs no code")
        for name in CALLS
    },
    "numpy array": (pickled(Global("numpy._core.multiarray _reconstruct", 1)), "save those"),
    "float8 as a value": (pickled([Global("torch float8_e5m2")]), "contains torch.float8_e5m2; load"),
    "bytes of no dtype": (pickled(untyped(Global("torch int32"))), "a dtype that is not supported"),
    "storage of bytes": (pickled(untyped(Global("torch uint16"), of=storage())), "invalid storage"),
    "odd bytes": (pickled(untyped(Global("torch uint16"), 15)), "has 16 bytes; expected 7 elements"),
    "calls a dtype": (pickled(Global("torch float32", 1)), "not callable"),
    "calls a number": (b"\x80\2K\1)R.", "not callable"),
    "arguments of no tuple": (b"\x80\2ccollections\nOrderedDict\n]R.", "without a tuple of arguments"),
    "protocol 4": (pickle.dumps({"a": 1}, 4), "protocol 4, expected 2; save it with torch.save"),
    "opcode": (b"\x80\2\x93.", "the opcode 0x93"),
    "instance": (
        pickle.dumps(nncore.CheckpointError("x"), 2),
        "contains nncore.errors.CheckpointError; load",
    ),
    "ends early": (b"\x80\2]", "ends early"),
    "empty": (b"", "ends early"),
    "long text": (b"\x80\2X\xff\xff\xff\x7fab.", "ends early"),
    "empty stack": (b"\x80\2.", "not enough values"),
    "two values": (b"\x80\2K\1K\1.", "too many values"),
    "no mark": (b"\x80\2K\1t.", "pop from empty"),
    "unknown memo": (b"\x80\2h\7.", "7"),
    "appends to a number": (b"\x80\2K\1K\1a.", "appends to a int"),
    "sets items of a list": (b"\x80\2]K\1K\1s.", "sets items of a list"),
    "half an item": (b"\x80\2}(K\1u.", "zip"),
    "attributes": (b"\x80\2}}b.", "sets attributes of a dict"),
    "key": (b"\x80\2}]K\1s.", "a key of type list"),
    "exponential key": (pathological_tuple(), "a key of type tuple"),
    "exponential item": (
        pathological_tuple().replace(b"}", b"c__builtin__\nset\n](").replace(b"K\1s", b"e\x85R"),
        "a set of containers",
    ),
    "exponential device": (
        pathological_tuple().replace(b"}", b"ctorch\ndevice\n").replace(b"K\1s", b"\x85R"),
        "a device has an invalid kind",
    ),
    "many copies": (
        b"\x80\2](" + b"K\1" * 500 + b"eq\0" + b"c__builtin__\nset\nh\0\x85R0"[:-1] * 50 + b".",
        "many times",
    ),
    "counter": (pickled(Global("collections Counter", [1])), "a Counter has counts of type list"),
    "size": (pickled(Global("torch Size", [1])), "a Size has a value of type list"),
    "parameter": (pickled(Global("torch._utils _rebuild_parameter", 1, True, None)), "values of type int"),
    "integer parameter": (
        pickled(
            Global(
                "torch._utils _rebuild_parameter",
                tensor((2,), (1,), 0, storage(2, "LongStorage")),
                True,
                None,
            )
        ),
        "a int64 tensor cannot have a gradient",
    ),
    "no storage": (pickled(tensor((2,), (1,), 0, 5)), "invalid storage"),
    "persistent id of text": (b"\x80\2U\3abcQ.", "other than a storage"),
    "storage of an unknown kind": (
        pickled(tensor((2,), (1,), 0, storage(4, "QInt8Storage"))),
        "torch.QInt8Storage",
    ),
    "missing storage": (pickled(tensor((2,), (1,), 0, storage(4, key="7"))), "no item named"),
    "storage size": (
        pickled(tensor((2,), (1,), 0, storage(5))),
        "has 16 bytes; expected 5 elements of float32",
    ),
    "huge storage": (pickled(tensor((2,), (1,), 0, storage(2**62))), "has 16 bytes; expected"),
    "negative storage": (pickled(tensor((2,), (1,), 0, storage(-4))), "has 16 bytes; expected -4"),
    "two dtypes": (
        pickled([tensor((1,), (1,)), tensor((1,), (1,), 0, storage(4, "IntStorage"))]),
        "storage 0 has two dtypes",
    ),
    "device": (
        pickled(tensor((1,), (1,), 0, storage(location="cuda:0"))),
        "on the device 'cuda:0', which is not available; pass map_location='cpu'",
    ),
    "beyond the end": (
        pickled(tensor((2, 2), (3, 1), 1)),
        r"of shape \(2, 2\) needs 6 elements; storage 0 has 4",
    ),
    "huge offset": (pickled(tensor((1,), (1,), 2**62)), "storage 0 has 4"),
    "negative offset": (pickled(tensor((1,), (1,), -1)), "invalid storage, offset"),
    "negative stride": (pickled(tensor((2,), (-1,), 1)), "invalid storage, offset"),
    "float shape": (pickled(tensor((2.0,), (1,))), "invalid storage, offset"),
    "shapes differ": (pickled(tensor((2, 2), (1,))), "zip"),
    "huge shape": (
        pickled(tensor((2**40, 2**40), (0, 0))),
        "need too much memory; save them with",
    ),
    "huge empty shape": (pickled(tensor((0, 2**70), (1, 1))), "damaged PyTorch file"),
    "many axes": (pickled(tensor((1,) * 100, (0,) * 100)), "damaged PyTorch file"),
    "huge stride": (pickled(tensor((1, 2), (2**70, 2))), "damaged PyTorch file"),
    "conjugate": (pickled(tensor((1,), (1,), 0, None, {"conj": True})), "invalid storage, offset"),
}


@pytest.mark.parametrize(("data", "text"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_pickles(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(archive(data))
    tracemalloc.start()
    try:
        with pytest.raises(nncore.CheckpointError, match=text) as caught:
            nncore.load(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)


def test_the_pickles_above_are_well_formed() -> None:
    found = nncore.load(io.BytesIO(archive(pickled([tensor((2, 2), (1, 2)), tensor((), (), 3)]))))
    assert [t.tolist() for t in found] == [[[0, 2], [1, 3]], 3]


CUDA = archive(pickled(tensor((4,), (1,), 0, storage(location="cuda:0"))))


@pytest.mark.parametrize(
    "location",
    [
        "cpu",
        nncore.device("cpu"),
        {"cuda:0": "cpu"},
        {"cuda:0": nncore.device("cpu")},
        lambda storage, saved: storage,
    ],
)
def test_map_location_sends_values_to_the_cpu(location: Any) -> None:
    assert nncore.load(io.BytesIO(CUDA), map_location=location).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ({"cuda:1": "cpu"}, "on the device 'cuda:0', which is not available"),
        ({"cuda:0": "cuda:1"}, "map_location sends 'cuda:0' to 'cuda:1'; expected 'cpu'"),
        (lambda storage, saved: None, "on the device 'cuda:0', which is not available"),
        (lambda storage, saved: storage.cuda(), "map_location calls cuda.*no CUDA device"),
        (lambda storage, saved: "cuda:2", "map_location sends 'cuda:0' to 'cuda:2'"),
    ],
)
def test_map_location_to_another_device_raises(location: Any, message: str) -> None:
    with pytest.raises(nncore.CheckpointError, match=message):
        nncore.load(io.BytesIO(CUDA), map_location=location)


def changed(**entries: Any) -> bytes:
    return archive(pickled(tensor((4,), (1,))), **entries)


def big_endian() -> bytes:
    return changed(**{"data/0": np.arange(4, dtype=">f4").tobytes(), "byteorder": b"big"})


CHANGED_BOOLS: dict[str, Any] = {"data/0": b"\0\1\2\xff"}


def test_big_endian_files_and_other_bools() -> None:
    assert nncore.load(io.BytesIO(big_endian())).tolist() == [0, 1, 2, 3]
    bools = archive(pickled(tensor((4,), (1,), 0, storage(4, "BoolStorage"))), **CHANGED_BOOLS)
    assert nncore.load(io.BytesIO(bools)).numpy().tobytes() == b"\0\1\1\1"


FOREIGN: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "the file is empty"),
    "legacy": ((FOLDER / "legacy.pt").read_bytes, "the format before PyTorch 1.6; load it with torch.load"),
    "text": (lambda: b"hello", "not a PyTorch file"),
    "pickle": (lambda: pickle.dumps([1]), "not a PyTorch file"),
    "another zip": (lambda: archive(b"").replace(b"data.pkl", b"data.pkx"), "zip archive of another kind"),
    "TorchScript": (lambda: changed(**{"constants.pkl": b"x"}), "TorchScript program; save the state_dict"),
    "newer": (lambda: changed(version=b"11"), "version 11 of PyTorch's format; expected at most 10"),
    "no version": (lambda: changed(version=b"x"), "damaged PyTorch file: invalid literal"),
    "byte order": (lambda: changed(byteorder=b"middle"), "its byte order is b'middle'"),
    "compressed": (
        lambda: archive(pickled(1) * 99, zipfile.ZIP_DEFLATED),
        "compressed entries|claim more bytes",
    ),
    "checksum": (lambda: changed().replace(np.float32(3).tobytes(), np.float32(5).tobytes()), "Bad CRC-32"),
}


@pytest.mark.parametrize(("data", "text"), FOREIGN.values(), ids=FOREIGN)
def test_foreign_files(tmp_path: Path, data: Callable[[], bytes], text: str) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(data())
    for f in (path, io.BytesIO(data())):
        with pytest.raises(nncore.CheckpointError, match=text):
            nncore.load(f)


@pytest.mark.parametrize("name", ["views.pt", "values.pt"])
def test_truncated_at_every_byte(tmp_path: Path, name: str) -> None:
    whole = (FOLDER / name).read_bytes()
    for end in range(len(whole)):
        with pytest.raises(nncore.CheckpointError):
            nncore.load(io.BytesIO(whole[:end]))
