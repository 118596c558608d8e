"""The format .safetensors: the length of a JSON header, the header, and the elements of each tensor.

The header maps each name to a dtype, a shape and the offsets of the elements. Source: the README of
https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
import sys
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np

from nncore._core import bfloat16, uint16
from nncore.errors import CheckpointError
from nncore.files import named
from nncore.files.npy import native, read_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore._core import Tensor

# The dtypes of nncore, their names in the format and their elements in NumPy
DTYPES = {
    "float64": ("F64", "<f8"),
    "float32": ("F32", "<f4"),
    "float16": ("F16", "<f2"),
    "bfloat16": ("BF16", "<u2"),
    "int64": ("I64", "<i8"),
    "int32": ("I32", "<i4"),
    "int16": ("I16", "<i2"),
    "int8": ("I8", "<i1"),
    "uint16": ("U16", "<u2"),
    "uint8": ("U8", "<u1"),
    "bool": ("BOOL", "<u1"),
}
ELEMENTS = dict(DTYPES.values())
MOST_HEADER = 100_000_000  # bytes; the limit of the format
METADATA = "__metadata__"


def safetensors_writer(obj: Any) -> Callable[[IO[bytes]], None]:
    """A function that writes a flat or nested dict of tensors and arrays into an open file."""
    tensors = named.flat(obj, ".safetensors")
    if METADATA in tensors:
        raise ValueError(f"save: the name {METADATA!r} has another meaning in a .safetensors file")
    # Wide elements first, so that each tensor is aligned; the format allows any order.
    ordered = sorted(tensors.items(), key=lambda item: -item[1].element_size())
    entries, end = {}, 0
    for name, value in ordered:
        start, end = end, end + value.numel() * value.element_size()
        code = DTYPES[str(value.dtype).removeprefix("nncore.")][0]
        entries[name] = {"dtype": code, "shape": list(value.shape), "data_offsets": [start, end]}
    header = {METADATA: {"format": "pt"}, **{name: entries[name] for name in tensors}}  # readers expect "pt"
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)

    def write(file: IO[bytes]) -> None:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, value in ordered:
            array = (value.view(uint16) if value.dtype == bfloat16 else value).numpy().reshape(-1)
            if sys.byteorder == "big":
                array = array.byteswap()
            file.write(array.view(np.uint8).data)

    return write


def read_safetensors(file: BinaryIO, name: str, size: int) -> dict[str, Tensor]:
    """The tensors by name in an open file of `size` bytes; raises CheckpointError."""
    try:
        return _read(file, size - file.tell())
    except (CheckpointError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{name}: damaged .safetensors file: {error}") from None


def _read(file: BinaryIO, size: int) -> dict[str, Tensor]:
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(MOST_HEADER, size - 8):
        raise ValueError(f"its header claims {length} bytes; the file has {size}")
    header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is not a JSON object")
    header.pop(METADATA, None)
    entries = sorted(header.items(), key=lambda item: tuple(item[1]["data_offsets"]))
    found, position = {}, 0
    for key, entry in entries:
        start, end = entry["data_offsets"]
        if start != position or end > size - 8 - length:
            raise ValueError(f"tensor {key} has the bytes {start} to {end}; expected {position} to the end")
        found[key] = _tensor(file, key, entry, end - start)
        position = end
    if file.read(1):
        raise ValueError("bytes follow the last tensor")
    return {key: found[key] for key in header}


def _tensor(file: BinaryIO, name: str, entry: dict[str, Any], size: int) -> Tensor:
    code, shape = entry["dtype"], tuple(entry["shape"])
    if code not in ELEMENTS:
        raise ValueError(f"tensor {name} has the dtype {code}; expected one of {', '.join(ELEMENTS)}")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"tensor {name} has the shape {shape}")
    dtype = np.dtype(ELEMENTS[code])
    if math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"tensor {name} of shape {shape} and dtype {code} has {size} bytes")
    array = np.empty(math.prod(shape), dtype)
    read_into(file, array.view(np.uint8))
    values = np.not_equal(array, 0) if code == "BOOL" else native(array)
    loaded = named.tensor(name, values.reshape(shape))
    return loaded.view(bfloat16) if code == "BF16" else loaded
