"""Opening files that may be damaged or hostile: memory follows the size of a file, not what it claims."""

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

# A compressed file may expand to this many times its size, or to this many bytes where that is more.
MOST_TIMES = 100
ALWAYS = 64 << 20
CHUNK = 1 << 18


def expansion_limit(size: int) -> int:
    """How many bytes a compressed file of `size` bytes may expand to."""
    return max(MOST_TIMES * size, ALWAYS)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file to read; OSError for a folder, and for a device or pipe, which might never end."""
    name = os.fspath(path)
    mode = os.stat(name).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"cannot read {name}: it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(f"cannot read {name}: it is not a regular file")
    return open(name, "rb")


def size_of(file: BinaryIO) -> int:
    """The size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


@contextmanager
def open_plain(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """The contents of a regular file, decompressed where it is a gzip file.

    CheckpointError where the block reads damaged gzip data, or more of them than `expansion_limit` allows.
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
            if claimed > expansion_limit(size):  # too large or damaged: say so before anything is parsed
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
    """Refuses to read more from a decompressing stream than a file of `size` bytes may expand to."""

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
    """The zip archive in an open file; what its damage raises in the block becomes a CheckpointError.

    `kind` says in the message what the file should have been. Entries that claim more bytes than the file has
    are refused: zipfile allocates what they claim.
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
        if error.errno != errno.EINVAL:  # a seek to a place before the start
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
