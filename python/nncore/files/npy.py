"""Read NumPy's .npy format from a stream; the header is checked before memory is allocated."""

from __future__ import annotations

import math
import re
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nncore.files.reading import CHUNK

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

MOST_HEADER = 10_000
PAIR = re.compile(
    r"""\s*(['"])(?P<key>descr|fortran_order|shape)\1\s*:\s*"""
    r"""(?:(['"])(?P<descr>[^'"]*)\3|(?P<order>True|False)|\((?P<shape>[-0-9L,\s]*)\))\s*(?:,|(?=\}))"""
)
DTYPE = re.compile(r"[<>=|]?([?biufcSUVOMm])[0-9]{0,9}(\[\w+\])?")


def read_npy(stream: IO[bytes], size: int, kinds: str = "biuf") -> Array:
    """The array in a stream with an .npy file of `size` bytes, in C order and the machine's byte order.

    The values are read directly into the array. `kinds` lists the allowed kinds of dtypes.
    Errors: ValueError if the header is not an .npy header, the dtype is not allowed, or the number of bytes
    does not match the shape.
    """
    shape, fortran, dtype, start = _header(stream)
    if dtype.kind not in kinds or dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"dtype {dtype} is not allowed")
    if any(length < 0 for length in shape):
        raise ValueError(f"the header says shape {shape}")
    expected, found = math.prod(shape) * dtype.itemsize, size - start
    if expected != found:
        raise ValueError(
            f"the header says shape {shape} of {dtype}, {expected} bytes, but {found} bytes follow"
        )
    if not expected:
        return np.empty(shape, dtype.newbyteorder("="))
    flat = np.empty(math.prod(shape), dtype)
    fill(stream, flat.view(np.uint8))
    flat = native(flat)
    return np.array(flat.reshape(shape[::-1]).T, order="C") if fortran else flat.reshape(shape)


def native(array: Array) -> Array:
    """The array in the machine's byte order; its memory is changed in place."""
    if array.dtype.isnative:
        return array
    return array.byteswap(inplace=True).view(array.dtype.newbyteorder("="))


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """(shape, whether the order is Fortran's, dtype, offset of the values).

    The header is the text of a dict. NumPy's reader is not used: it evaluates that text and, if it is
    damaged, raises any exception of Python's parser.
    """
    start = _exactly(stream, 8)
    if start[:6] != b"\x93NUMPY" or start[6:] not in (b"\1\0", b"\2\0"):
        raise ValueError(f"not an .npy file of version 1 or 2: it starts with {start.hex()}")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(_exactly(stream, width), "little")
    if length > MOST_HEADER:
        raise ValueError(f"the header has {length} bytes; expected at most {MOST_HEADER}")
    text = _exactly(stream, length).decode("latin-1").strip()
    found: dict[str, str] = {}
    end = 1
    while match := PAIR.match(text, end):
        found |= {
            key: value for key, value in match.groupdict().items() if key != "key" and value is not None
        }
        end = match.end()
    if text[:1] != "{" or text[end:].strip() != "}" or set(found) != {"descr", "order", "shape"}:
        raise ValueError(f"the header is not understood: {text[:100]!r}")
    if not DTYPE.fullmatch(found["descr"]):
        raise ValueError(f"dtype {found['descr'][:40]!r} is not allowed")
    try:
        dtype = np.dtype(found["descr"])
    except (TypeError, OverflowError) as error:
        raise ValueError(f"the header says {error}") from None
    shape = tuple(int(part.strip().rstrip("L")) for part in found["shape"].split(",") if part.strip())
    return shape, found["order"] == "True", dtype, 8 + width + length


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ValueError("it ends within its header")
    return data


def fill(stream: IO[bytes], raw: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    """Read the whole stream; the last read is at the end, where a zip entry checks its checksum."""
    read_into(stream, raw)
    if stream.read(1):
        raise ValueError(f"more than {len(raw)} bytes follow its header")


def read_into(stream: IO[bytes], raw: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    """Read exactly these bytes."""
    done = 0
    while done < len(raw):
        data = stream.read(min(CHUNK, len(raw) - done))
        if not data:
            raise ValueError(f"it ends after {done} of {len(raw)} bytes")
        raw[done : done + len(data)] = np.frombuffer(data, np.uint8)
        done += len(data)
