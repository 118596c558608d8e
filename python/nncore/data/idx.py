"""The IDX format of the MNIST files."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nncore.errors import CheckpointError
from nncore.files.npy import native
from nncore.files.reading import CHUNK, open_plain

if TYPE_CHECKING:
    from collections.abc import Callable


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


CODES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray[Any, Any]:
    """The array in an IDX file, plain or compressed with gzip, in the machine's byte order.

    Layout: two zero bytes, a dtype code, the number of axes, their sizes as big-endian uint32, the values in
    row-major order. A compressed file may expand to the larger of 100 times its size and 64 MiB.
    Errors: CheckpointError for another layout, OSError for a file that cannot be read; both name the file.
    Source: http://yann.lecun.com/exdb/mnist.

    >>> import os, tempfile
    >>> from nncore.data import read_idx
    >>> path = os.path.join(tempfile.mkdtemp(), "tiny-idx1-ubyte")
    >>> with open(path, "wb") as file:
    ...     _ = file.write(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    >>> read_idx(path)
    array([7, 9], dtype=uint8)
    """
    name = os.fspath(path)
    with open_plain(name) as stream:
        return parse_idx(stream, name)


def parse_idx(
    stream: Readable, name: str, watch: Callable[[bytes], object] = lambda piece: None
) -> np.ndarray[Any, Any]:
    """The array in an IDX stream; `watch` is called with all bytes, for a checksum."""
    magic = _exactly(stream, 4, name, "magic number")
    if magic[:2] != b"\0\0" or magic[2] not in CODES:
        raise CheckpointError(
            f"{name}: not an IDX file: it starts with {magic.hex()}, expected 00 00, a dtype code, a rank"
        )
    header = _exactly(stream, 4 * magic[3], name, "header")
    watch(magic + header)
    dtype = np.dtype(CODES[magic[2]])
    shape = tuple(int.from_bytes(header[i : i + 4], "big") for i in range(0, len(header), 4))
    wanted = math.prod(shape) * dtype.itemsize
    # The memory grows with the bytes in the file, not with the sizes in its header.
    body = bytearray()
    while piece := stream.read(min(CHUNK, wanted + 1 - len(body))):
        body += piece
        watch(piece)
        if len(body) > wanted:
            raise CheckpointError(f"{name}: more bytes than its header {shape} needs ({wanted})")
    if len(body) < wanted:
        raise CheckpointError(
            f"{name}: truncated: its header {shape} needs {wanted} bytes, {len(body)} follow"
        )
    try:
        array = np.frombuffer(body, dtype).reshape(shape) if body else np.empty(shape, dtype)
    except ValueError as error:
        raise CheckpointError(f"{name}: its header gives shape {shape}: {error}") from None
    return native(array)


def _exactly(stream: Readable, count: int, name: str, part: str) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise CheckpointError(f"{name}: truncated in its {part}: {len(data)} of {count} bytes")
    return data
