"""`save` and `load`: nested values in one file, written atomically; loading runs no code."""

from __future__ import annotations

import io
import math
import os
import re
from functools import cache
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nncore._core import Tensor, bfloat16, from_numpy, uint16
from nncore.errors import CheckpointError
from nncore.files import location
from nncore.files.atomic import replacing
from nncore.files.endings import ALL, format_of
from nncore.files.position import MAX_DEPTH, position
from nncore.files.reading import open_regular, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Array = np.ndarray[Any, Any]

__all__ = ["load", "save"]


def save(obj: Any, f: str | os.PathLike[str] | IO[bytes]) -> None:
    """Write nested dicts, lists, tuples, tensors, NumPy arrays, numbers, strings and None to one file.

    The ending of the name chooses the format:

    * .nnz: nncore's, with all of the above and a checksum over the whole file. Tensors and arrays with the
      same elements of the same memory are written once and share memory after loading.
    * .pt, .pth, .pth.tar: PyTorch's, which `torch.load` reads. It has sets and OrderedDicts, Parameters and
      `requires_grad`, but no arrays.
    * .npz, .safetensors: a flat or nested dict of tensors and arrays, whose keys are joined by dots, for
      `numpy.load` and the package safetensors. .npz lacks bfloat16.

    An open binary file has the format that its name chooses, and PyTorch's if it has no such name.

    A crash or a full disk leaves the old file as it was. A killed process may leave a temporary file
    `.nncore-*.tmp` beside it, which the next save into that folder removes. Equal values give equal bytes.
    Errors: TypeError that names the position of a value of another type; ValueError for another ending;
    OSError if writing fails.
    Source: PyTorch's `torch.save`.

    >>> import os, tempfile
    >>> import nncore
    >>> path = os.path.join(tempfile.mkdtemp(), "state.npz")
    >>> nncore.save({"layer": {"weight": nncore.ones(2)}, "step": nncore.tensor(7)}, path)
    >>> nncore.load(path)
    {'layer.weight': tensor([1., 1.]), 'step': tensor(7)}
    """
    if isinstance(f, (str, os.PathLike)):
        write = _writer(format_of("save", f), obj)
        with replacing(f) as file:
            return write(file)
    _check_open("save", f, "write")
    kind = _format_of_open(f)
    write = _writer(kind, obj)
    if kind != "nncore":
        return write(f)
    with io.BytesIO() as copy:  # the checksum is computed from the written bytes, and f may be write-only
        write(copy)
        f.write(copy.getbuffer())


def load(
    f: str | os.PathLike[str] | IO[bytes], map_location: Any = None, *, weights_only: bool | None = True
) -> Any:
    """Read a file of `save`, `torch.save`, `numpy.savez` or safetensors; no code in the file is executed.

    The contents decide among the formats of `save`. Of .npz and .safetensors files the result is a flat dict
    of tensors by name.
    Of PyTorch's files it reads tensors, dicts, OrderedDicts, Counters, lists, tuples, sets, numbers, strings,
    None, dtypes and devices; `weights_only=False` reads the same. Contiguous tensors of one storage share its
    memory; strided ones are copied. Tensors saved on another device need a `map_location`: "cpu", a device, a
    dict from saved to new devices, or a function of a storage and its device that returns the storage.

    Values are read directly into their tensors; the peak memory is the size of the file.
    Errors: CheckpointError with the reason if the file is truncated, damaged, of a newer version or of
    another format, or contains objects of other classes; ValueError for a name with another ending (give an
    open file to read it all the same); OSError if it cannot be read.
    Source: PyTorch's `torch.load`.

    >>> import io
    >>> import nncore
    >>> file = io.BytesIO()
    >>> nncore.save([1, (2.5, None)], file)
    >>> _ = file.seek(0)
    >>> nncore.load(file)
    [1, (2.5, None)]
    """
    location.check(map_location)
    if not isinstance(weights_only, (bool, type(None))):
        raise TypeError(f"load: weights_only is a {type(weights_only).__name__}; expected a bool")
    if isinstance(f, (str, os.PathLike)):
        named = format_of("load", f)
        with open_regular(f) as file:
            return _read(file, os.fsdecode(f), named, map_location)
    _check_open("load", f, "read")
    return _read(f, str(getattr(f, "name", type(f).__name__)), "pytorch", map_location)


def _check_open(where: str, f: Any, method: str) -> None:
    """Raise TypeError unless f is a path or an open binary file that can be searched."""
    if not hasattr(f, method) or isinstance(f, io.TextIOBase):
        kind = "a file in text mode" if isinstance(f, io.TextIOBase) else f"a {type(f).__name__}"
        raise TypeError(f"{where}: f is {kind}; expected a path or a file that is open in binary mode")
    if method == "read" and not f.seekable():
        raise TypeError(f"{where}: f is a stream without seek; give io.BytesIO(f.read())")


def _format_of_open(f: Any) -> str:
    name = getattr(f, "name", None)
    return format_of("save", name) if isinstance(name, str) and name.lower().endswith(ALL) else "pytorch"


def _writer(kind: str, obj: Any) -> Callable[[IO[bytes]], None]:
    """A function that writes obj into an open file; raises for values that this format lacks."""
    if kind == "npz":
        from nncore.files.npz import npz_writer as writer
    elif kind == "safetensors":
        from nncore.files.safetensors import safetensors_writer as writer
    elif kind == "pytorch":
        from nncore.files.pytorch import pytorch_writer as writer
    else:
        writer = _nncore_writer
    return writer(obj)


def _nncore_writer(obj: Any) -> Callable[[IO[bytes]], None]:
    from nncore.files.archive import write_archive

    arrays = _Arrays()
    tree = _encode(obj, (), arrays)
    return lambda file: write_archive(file, tree, arrays.by_name)


def _read(file: Any, name: str, named: str, map_location: object) -> Any:
    """The value in an open file; if its first bytes do not tell its format, it has the format `named`."""
    start = file.tell()
    head = file.read(512)
    file.seek(start)
    kind = _format_of_contents(head) or named
    if kind == "pytorch":
        from nncore.files.pytorch import read_pytorch

        return read_pytorch(file, name, map_location)
    if kind == "npz":
        from nncore.files.npz import read_npz

        return read_npz(file, name, size_of(file))
    if kind == "safetensors":
        from nncore.files.safetensors import read_safetensors

        return read_safetensors(file, name, size_of(file))
    from nncore.files.archive import read_archive

    def decode(tree: Any, array: Callable[[str], Array]) -> Any:
        tensor = cache(lambda name: from_numpy(array(name)))
        halves = cache(lambda name: _bfloat16(array(name)))
        return _decode(tree, {"tensor": tensor, "array": array, "bfloat16": halves}, 0)

    return read_archive(file, name, decode)


def _format_of_contents(head: bytes) -> str:
    """The format that the first bytes of a file show, or an empty string."""
    if head[:4] == b"PK\3\4":
        first = head[30 : 30 + int.from_bytes(head[26:28], "little")]  # the name of the first entry
        is_npz = "npz" if first.endswith(b".npy") else ""
        return "nncore" if first == b"manifest.json" else "pytorch" if b"/data.pkl" in head else is_npz
    return "safetensors" if head[4:9] == b"\0\0\0\0{" else ""


class _Arrays:
    """The arrays to write, each named after its first position in the tree."""

    def __init__(self) -> None:
        self.by_name: dict[str, Array] = {}
        self._names: dict[tuple[Any, ...], str] = {}  # by address, shape, strides and dtype
        self._kept: list[Array] = []  # kept alive, so that no other array gets the same address

    def add(self, array: Array, keys: tuple[object, ...]) -> str:
        key = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)
        if key not in self._names:
            name = self._names[key] = _entry_name(keys, self.by_name)
            self.by_name[name] = np.asarray(array, order="C")
            self._kept.append(array)
        return self._names[key]


def _encode(obj: Any, keys: tuple[object, ...], arrays: _Arrays) -> Any:
    """The JSON form of the value at `keys`; arrays are added to `arrays`."""
    if len(keys) > MAX_DEPTH:
        raise TypeError(
            f"save: obj{position(keys[:6])}... is nested more than {MAX_DEPTH} deep, or contains itself"
        )
    if obj is None or isinstance(obj, bool):
        return obj
    if isinstance(obj, str):
        return str(obj)
    if isinstance(obj, (Tensor, np.ndarray)):
        if isinstance(obj, Tensor) and obj.dtype == bfloat16:  # NumPy has no such dtype
            return {"bfloat16": arrays.add(obj.view(uint16).numpy(), keys)}
        array = obj.detach().numpy() if isinstance(obj, Tensor) else obj
        if array.dtype.kind not in "biuf":
            raise TypeError(f"save: obj{position(keys)} is an array of dtype {array.dtype}; expected numbers")
        return {"tensor" if isinstance(obj, Tensor) else "array": arrays.add(array, keys)}
    if isinstance(obj, np.bool_):
        return bool(obj)
    if isinstance(obj, (int, np.integer)):
        return int(obj)
    if isinstance(obj, (float, np.floating)):
        number = float(obj)
        return number if math.isfinite(number) else {"float": repr(number)}
    if isinstance(obj, dict):
        for key in obj:
            if not isinstance(key, (str, int)) or isinstance(key, bool):
                raise TypeError(
                    f"save: obj{position(keys)} has the key {key!r}; expected strings or integers"
                )
        return {"dict": [[key, _encode(value, (*keys, key), arrays)] for key, value in obj.items()]}
    if isinstance(obj, (list, tuple)):
        kind = "list" if isinstance(obj, list) else "tuple"
        return {kind: [_encode(value, (*keys, i), arrays) for i, value in enumerate(obj)]}
    raise TypeError(
        f"save: obj{position(keys)} is a {type(obj).__module__}.{type(obj).__qualname__}; expected dicts, "
        "lists, tensors, arrays, numbers, strings or None (a module or optimizer: save its state_dict())"
    )


def _bfloat16(bits: Array) -> Tensor:
    if bits.dtype != np.uint16:
        raise CheckpointError(f"bfloat16 values are stored as uint16, not as {bits.dtype}")
    return from_numpy(bits).view(bfloat16)


def _decode(node: Any, entries: dict[str, Callable[[str], Any]], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise CheckpointError(f"it is nested more than {MAX_DEPTH} deep")
    if node is None or isinstance(node, (bool, int, float, str)):
        return node
    if not isinstance(node, dict) or len(node) != 1:
        raise CheckpointError("malformed manifest")
    ((kind, value),) = node.items()
    if kind in entries and isinstance(value, str):
        return entries[kind](value)
    if kind == "float" and value in ("nan", "inf", "-inf"):
        return float(value)
    if kind in ("list", "tuple") and isinstance(value, list):
        items = [_decode(item, entries, depth + 1) for item in value]
        return items if kind == "list" else tuple(items)
    if kind == "dict" and isinstance(value, list):
        result = {_key(key): _decode(item, entries, depth + 1) for key, item in value}
        if len(result) != len(value):
            raise CheckpointError("malformed manifest: a dict has one key twice")
        return result
    raise CheckpointError(f"malformed manifest: {kind!r}")


def _key(key: Any) -> str | int:
    if isinstance(key, (str, int)) and not isinstance(key, bool):
        return key
    raise CheckpointError("malformed manifest: a key is neither text nor integer")


def _entry_name(keys: tuple[object, ...], taken: dict[str, Array]) -> str:
    """A readable and unique name that is safe to unpack."""
    parts = [re.sub(r"[^A-Za-z0-9_.-]|^\.+", "_", str(part))[:100] or "_" for part in keys[:8]]
    name = "/".join(parts) or "value"
    return name if name not in taken else next(n for n in _numbered(name) if n not in taken)


def _numbered(name: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{name}~{number}"
        number += 1
