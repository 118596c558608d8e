"""`save` and `load`: nested values in one file, without pickle, written atomically."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.errors import CheckpointError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    Array = np.ndarray[Any, Any]

__all__ = ["load", "save"]

MAX_DEPTH = 100


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write nested dicts, lists, tuples, tensors, NumPy arrays, numbers, strings and None to one file.

    A crash or a full disk leaves the old file as it was. A killed process may leave a temporary file
    `.nncore-*.tmp` beside it, which the next save into that folder removes. Equal values give equal bytes.
    Tensors and arrays with the same elements of the same memory are written once and share memory after
    loading.
    Errors: TypeError that names the position of a value of another type; OSError if writing fails.

    >>> import os, tempfile
    >>> import nncore
    >>> path = os.path.join(tempfile.mkdtemp(), "state.nnz")
    >>> nncore.save({"weight": nncore.ones(2), "step": 7}, path)
    >>> nncore.load(path)["weight"].tolist()
    [1.0, 1.0]
    """
    from nncore.files.archive import write_archive

    arrays = _Arrays()
    tree = _encode(obj, (), arrays)
    write_archive(path, tree, arrays.by_name)


def load(path: str | os.PathLike[str]) -> Any:
    """Read a file of `save`; tensors become tensors and arrays arrays, and no code in the file is executed.

    Values are read directly into their tensors; the peak memory is the size of the file.
    Errors: CheckpointError with the reason if the file is truncated, damaged, of a newer version or not
    written by `save`; OSError if it cannot be read.

    >>> import os, tempfile
    >>> import nncore
    >>> path = os.path.join(tempfile.mkdtemp(), "state.nnz")
    >>> nncore.save([1, (2.5, None)], path)
    >>> nncore.load(path)
    [1, (2.5, None)]
    """
    from nncore.files.archive import read_archive

    def decode(tree: Any, array: Callable[[str], Array]) -> Any:
        tensor = cache(lambda name: from_numpy(array(name)))
        return _decode(tree, {"tensor": tensor, "array": array}, 0)

    return read_archive(path, decode)


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
            f"save: obj{_path(keys[:6])}... is nested more than {MAX_DEPTH} deep, or contains itself"
        )
    if obj is None or isinstance(obj, bool):
        return obj
    if isinstance(obj, str):
        return str(obj)
    if isinstance(obj, (Tensor, np.ndarray)):
        array = obj.detach().numpy() if isinstance(obj, Tensor) else obj
        if array.dtype.kind not in "biuf":
            raise TypeError(f"save: obj{_path(keys)} is an array of dtype {array.dtype}; expected numbers")
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
                raise TypeError(f"save: obj{_path(keys)} has the key {key!r}; expected strings or integers")
        return {"dict": [[key, _encode(value, (*keys, key), arrays)] for key, value in obj.items()]}
    if isinstance(obj, (list, tuple)):
        kind = "list" if isinstance(obj, list) else "tuple"
        return {kind: [_encode(value, (*keys, i), arrays) for i, value in enumerate(obj)]}
    raise TypeError(
        f"save: obj{_path(keys)} is a {type(obj).__module__}.{type(obj).__qualname__}; expected dicts, "
        "lists, tensors, arrays, numbers, strings or None (a module or optimizer: save its state_dict())"
    )


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


def _path(keys: tuple[object, ...]) -> str:
    return "".join(f"[{part!r}]" for part in keys)
