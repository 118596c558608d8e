"""Open files that may be damaged or hostile; the size of a file bounds the memory, its headers do not."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from nncore.errors import CheckpointError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

# A compressed file may expand to the larger of MOST_TIMES times its size and ALWAYS bytes.
MOST_TIMES = 100
ALWAYS = 64 << 20
CHUNK = 1 << 18


def expansion_limit(size: int) -> int:
    """The number of bytes that a compressed file of `size` bytes may expand to."""
    return max(MOST_TIMES * size, ALWAYS)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading; OSError for a folder, a device or a pipe, which may be endless."""
    name = os.fspath(path)
    mode = os.stat(name).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"cannot read {name}: it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(f"cannot read {name}: it is not a regular file")
    return open(name, "rb")


def size_of(file: BinaryIO) -> int:
    """The size of an open file in bytes; its position stays."""
    position = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(position)
    return size


@contextmanager
def open_plain(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """The contents of a regular file, decompressed if it is a gzip file.

    Errors: CheckpointError if the block reads damaged gzip data or more bytes than `expansion_limit`.
    """
    name = os.fspath(path)
    with open_regular(name) as file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not zipped:
            yield file
            return
        import gzip
        import zlib

        size = size_of(file)
        file.seek(max(size - 4, 0))
        claimed = int.from_bytes(file.read(), "little")
        try:
            if claimed > expansion_limit(size):  # too large or damaged: raise before the block runs
                with _decompressed(file, name, size) as plain:
                    while plain.read(CHUNK):
                        pass
            with _decompressed(file, name, size) as plain:
                yield plain
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise CheckpointError(f"{name}: damaged gzip file: {error}") from None


@contextmanager
def _decompressed(file: BinaryIO, name: str, size: int) -> Iterator[BinaryIO]:
    import gzip

    file.seek(0)
    with gzip.GzipFile(fileobj=file) as stream, io.BufferedReader(_Limited(stream, name, size)) as plain:
        yield plain


class _Limited(io.RawIOBase):
    """A decompressing stream that raises after more bytes than a file of `size` bytes may expand to."""

    def __init__(self, stream: Any, name: str, size: int) -> None:
        self._stream = stream
        self._name = name
        self._left = self._most = expansion_limit(size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._stream.readinto(memoryview(buffer)[:CHUNK])
        self._left -= count
        if self._left < 0:
            raise CheckpointError(
                f"{self._name}: the file expands to more than {self._most} bytes, the limit for its size; "
                "decompress it first"
            )
        return count


@contextmanager
def open_zip(file: BinaryIO, name: str, kind: str) -> Iterator[zipfile.ZipFile]:
    """The zip archive in an open file; exceptions of damaged data in the block become CheckpointError.

    `kind` describes the expected file in the message. Entries with a size above that of the file raise,
    because zipfile would allocate that size.
    """
    import struct
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            stored = [entry.file_size for entry in entries if entry.compress_type == zipfile.ZIP_STORED]
            if max(sum(entry.compress_size for entry in entries), sum(stored)) > size_of(file):
                raise CheckpointError("its entries claim more bytes than the file has")
            yield archive
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: a seek to a negative offset
            raise
        raise CheckpointError(f"{name}: {kind}: an offset lies outside the file") from None
    except (
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise CheckpointError(f"{name}: {kind}: {error}") from None
