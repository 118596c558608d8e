"""NumPy's .npy format from a stream: its header is checked before anything is allocated."""

from __future__ import annotations

import math
import re
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nncore._reading import CHUNK

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

MOST_HEADER = 10_000
PAIR = re.compile(
    r"""\s*(['"])(?P<key>descr|fortran_order|shape)\1\s*:\s*"""
    r"""(?:(['"])(?P<descr>[^'"]*)\3|(?P<order>True|False)|\((?P<shape>[-0-9L,\s]*)\))\s*(?:,|(?=\}))"""
)
DTYPE = re.compile(r"[<>=|]?([?biufcSUVOMm])[0-9]{0,9}(\[\w+\])?")


def read_npy(stream: IO[bytes], size: int, kinds: str = "biuf") -> Array:
    """The array in a stream that holds an .npy file of `size` bytes, in C order and the machine's byte order.

    The values are read straight into the array. `kinds` lists the dtype kinds allowed. Raises ValueError with
    the reason: not an .npy header, a dtype that is not allowed, fewer or more bytes than the header's shape
    needs.
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
    _fill(stream, flat.view(np.uint8))
    flat = native(flat)
    return np.array(flat.reshape(shape[::-1]).T, order="C") if fortran else flat.reshape(shape)


def native(array: Array) -> Array:
    """An array of one's own in the machine's byte order, without a copy."""
    if array.dtype.isnative:
        return array
    return array.byteswap(inplace=True).view(array.dtype.newbyteorder("="))


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether the order is Fortran's, dtype, and where the values start.

    The header is the text of a dict. NumPy's own reader evaluates it, and on damaged text raises whatever
    Python's parser does.
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
    place = 1
    while match := PAIR.match(text, place):
        found |= {
            key: value for key, value in match.groupdict().items() if key != "key" and value is not None
        }
        place = match.end()
    if text[:1] != "{" or text[place:].strip() != "}" or set(found) != {"descr", "order", "shape"}:
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


def _fill(stream: IO[bytes], raw: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    """Read exactly these bytes, and to the end, where a zip entry checks its sum."""
    place = 0
    while place < len(raw):
        piece = stream.read(min(CHUNK, len(raw) - place))
        if not piece:
            raise ValueError(f"it ends after {place} of {len(raw)} bytes")
        raw[place : place + len(piece)] = np.frombuffer(piece, np.uint8)
        place += len(piece)
    if stream.read(1):
        raise ValueError(f"more than {len(raw)} bytes follow its header")
