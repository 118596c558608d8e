"""PyTorch's file format: a zip archive of a pickle and the bytes of each storage.

archive/data.pkl     the containers, and for each tensor its storage, offset, shape and strides
archive/data/0 ...   the elements of each storage
archive/version, archive/byteorder
"""

from __future__ import annotations

import math
import sys
import zipfile
from collections import Counter, OrderedDict
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import numpy as np

import nncore
from nncore._core import Tensor, from_numpy
from nncore.errors import CheckpointError
from nncore.files.entries import check_plain, new_entry
from nncore.files.location import check_device
from nncore.files.npy import fill, native
from nncore.files.pickling import Pickler
from nncore.files.reading import expansion_limit, open_zip, size_of
from nncore.files.unpickling import is_key, unpickle
from nncore.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

NEWEST = 10  # the newest version of the format that PyTorch reads
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the start of the files of PyTorch before 1.6

# The dtypes of the elements in the file, for NumPy except bfloat16
STORAGES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
FLOATS = ("float64", "float32", "float16", "bfloat16")
DTYPES = (*FLOATS, "int64", "int32", "int16", "int8", "uint8", "uint16", "bool")
UNTYPED = "u2"  # bytes; PyTorch uses them for uint16 and for dtypes that nncore lacks


def pytorch_writer(obj: Any) -> Callable[[IO[bytes]], None]:
    """A function that writes into an open file."""
    pickler = Pickler(obj)

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            entries = {"data.pkl": pickler.data, "byteorder": sys.byteorder.encode(), "version": b"3\n"}
            for name, content in entries.items():
                archive.writestr(zipfile.ZipInfo(f"archive/{name}"), content)
            for i, array in enumerate(pickler.storages):
                with new_entry(archive, f"archive/data/{i}", array.nbytes) as entry:
                    entry.write(array.reshape(-1).view(np.uint8).data)

    return write


def read_pytorch(file: BinaryIO, name: str, map_location: object) -> Any:
    """The value in an open file; raises CheckpointError.

    The memory is at most that of the file, and for strided tensors, which are copied, `expansion_limit`.
    """
    start = file.tell()
    head = file.read(len(LEGACY))
    file.seek(start)
    if not head:
        raise CheckpointError(f"{name}: the file is empty, or its position is at its end: call seek(0)")
    if head == LEGACY:
        raise CheckpointError(
            f"{name}: a PyTorch file of the format before PyTorch 1.6; load it with torch.load and save it "
            "again with torch.save"
        )
    if head[:2] != b"PK":
        raise CheckpointError(f"{name}: not a PyTorch file; expected the zip archive that torch.save writes")
    with open_zip(file, name, "damaged PyTorch file") as archive:
        check_plain(archive)
        return _Reader(archive, expansion_limit(size_of(file)), map_location).value()


class _Storage(NamedTuple):
    key: str
    code: str
    array: Array  # 1-dimensional; of bfloat16 the bits


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, most_copied: int, map_location: object) -> None:
        self._archive, self._map_location = archive, map_location
        self._left = most_copied  # bytes that strided tensors may still take
        self._storages: dict[str, _Storage] = {}
        self._views: dict[tuple[str, int, int], Tensor] = {}  # by storage, offset and number of elements
        self._root = self._folder()
        self._known: dict[str, Any] = {
            "collections OrderedDict": _ordered_dict,
            "collections Counter": _counter,
            "__builtin__ set": _set,
            "builtins set": _set,
            "torch Size": _size,
            "torch device": _device,
            "torch._utils _rebuild_tensor_v2": self._tensor,
            "torch._utils _rebuild_tensor_v3": self._uint16_tensor,
            "torch._utils _rebuild_parameter": _parameter,
            **{f"torch {name}": getattr(nncore, name) for name in DTYPES},
            **{f"torch {name}": code for name, code in STORAGES.items()},
            "torch.storage UntypedStorage": UNTYPED,
        }

    def value(self) -> Any:
        if (version := int(self._archive.read(self._root + "version"))) > NEWEST:
            raise CheckpointError(f"it has version {version} of PyTorch's format; expected at most {NEWEST}")
        pickled = self._archive.read(self._root + "data.pkl")
        return unpickle(pickled, self._global, self._storage)

    def _folder(self) -> str:
        """The name of the folder in the archive, with a slash."""
        names = self._archive.namelist()
        if any(name.endswith("/constants.pkl") for name in names):
            raise CheckpointError("it is a TorchScript program; save the state_dict() of the model")
        folders = [name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")]
        if not folders:
            raise CheckpointError("it is a zip archive of another kind; expected one that torch.save wrote")
        return folders[0]

    def _global(self, name: str) -> Any:
        if name not in self._known:
            raise CheckpointError(
                f"it contains {name.replace(' ', '.')}; load runs no code of a file and reads dicts, lists, "
                "tuples, sets, tensors, numbers and strings only: save those (of a model its state_dict())"
            )
        return self._known[name]

    def _storage(self, id: Any) -> _Storage:
        """The storage of a persistent id; each is read once."""
        expected = (str, str, str, str, int)
        if (
            type(id) is not tuple
            or tuple(map(type, id)) != expected
            or id[1] not in (*STORAGES.values(), UNTYPED)
        ):
            raise CheckpointError("its pickle names something other than a storage")
        _, code, key, location, count = id
        count = count // 2 if code == UNTYPED else count
        if key not in self._storages:
            check_device(self._map_location, location)
            self._storages[key] = _Storage(key, code, self._elements(key, code, count))
        if self._storages[key].code != code:
            raise CheckpointError(f"storage {key} has two dtypes")
        return self._storages[key]

    def _elements(self, key: str, code: str, count: int) -> Array:
        dtype = np.dtype({"bfloat16": "u2", "?": "u1"}.get(code, code))
        entry = self._archive.getinfo(f"{self._root}data/{key}")
        if entry.file_size != count * dtype.itemsize:
            raise CheckpointError(
                f"storage {key} has {entry.file_size} bytes; expected {count} elements of {dtype}"
            )
        array = np.empty(count, dtype.newbyteorder(self._byte_order()))
        with self._archive.open(entry) as stream:
            fill(stream, array.view(np.uint8))
        return np.not_equal(array, 0) if code == "?" else native(array)

    def _byte_order(self) -> Literal["<", ">"]:
        name = self._root + "byteorder"
        order = self._archive.read(name) if name in self._archive.namelist() else b"little"
        if order not in (b"little", b"big"):
            raise CheckpointError(f"its byte order is {order[:20]!r}")
        return "<" if order == b"little" else ">"

    def _tensor(
        self,
        storage: Any,
        offset: Any,
        shape: Any,
        strides: Any,
        requires_grad: Any,
        hooks: Any,
        metadata: Any = None,
    ) -> Tensor:
        """PyTorch's `_rebuild_tensor_v2`. Contiguous tensors share the memory of their storage."""
        numbers = (offset, *shape, *strides)
        whole = type(shape) is tuple and all(type(n) is int and n >= 0 for n in numbers)
        if not isinstance(storage, _Storage) or not whole or metadata:
            raise CheckpointError("a tensor has an invalid storage, offset, shape or stride")
        count = math.prod(shape)
        end = offset + 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if count and end > len(storage.array):
            raise CheckpointError(
                f"a tensor of shape {shape} needs {end} elements; storage {storage.key} has "
                f"{len(storage.array)}"
            )
        if not count or _is_contiguous(shape, strides):
            tensor = self._view(storage, offset if count else 0, count).detach().reshape(shape)
        else:
            tensor = self._copy(storage, offset, shape, strides)
        if requires_grad:
            tensor.requires_grad = True
        return tensor

    def _uint16_tensor(
        self, storage: Any, offset: Any, shape: Any, strides: Any, requires_grad: Any, hooks: Any, dtype: Any
    ) -> Tensor:
        """PyTorch's `_rebuild_tensor_v3`, for dtypes without storages of their own."""
        if not isinstance(storage, _Storage) or storage.code != UNTYPED or dtype != nncore.uint16:
            raise CheckpointError("a tensor has an invalid storage or a dtype that is not supported")
        return self._tensor(storage, offset, shape, strides, requires_grad, hooks)

    def _view(self, storage: _Storage, offset: int, count: int) -> Tensor:
        key = (storage.key, offset, count)
        if key not in self._views:
            self._views[key] = _of_elements(storage.array[offset : offset + count], storage.code)
        return self._views[key]

    def _copy(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> Tensor:
        elements = storage.array[offset:]
        self._left -= math.prod(shape) * elements.itemsize
        if self._left < 0:
            raise CheckpointError("its strided tensors need too much memory; save them with contiguous()")
        steps = [step * elements.itemsize for step in strides]
        strided = np.lib.stride_tricks.as_strided(elements, shape, steps)
        return _of_elements(np.array(strided, order="C"), storage.code)


def _of_elements(array: Array, code: str) -> Tensor:
    tensor = from_numpy(array)
    return tensor.view(nncore.bfloat16) if code == "bfloat16" else tensor


def _is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    expected = 1
    for length, step in zip(reversed(shape), reversed(strides), strict=True):
        if length != 1 and step != expected:
            return False
        expected *= length
    return True


def _parameter(data: Any, requires_grad: Any, hooks: Any) -> Parameter:
    if not isinstance(data, Tensor):
        raise CheckpointError(f"a parameter has values of type {type(data).__name__}")
    return Parameter(data, bool(requires_grad))


def _ordered_dict() -> OrderedDict[Any, Any]:
    return OrderedDict()


def _counter(counts: Any) -> Counter[Any]:
    if type(counts) is not dict:
        raise CheckpointError(f"a Counter has counts of type {type(counts).__name__}")
    return Counter(counts)


def _set(items: Any) -> set[Any]:
    if not isinstance(items, list) or not all(map(is_key, items)):
        raise CheckpointError("it contains a set of containers; expected strings, numbers or tuples of them")
    return set(items)


def _size(shape: Any) -> tuple[Any, ...]:
    if type(shape) is not tuple:
        raise CheckpointError(f"a Size has a value of type {type(shape).__name__}")
    return shape


def _device(kind: Any, index: Any = None) -> nncore.device:
    if not isinstance(kind, str) or not isinstance(index, (int, type(None))):
        raise CheckpointError("a device has an invalid kind or index")
    return nncore.device(kind if index is None else f"{kind}:{index}")
