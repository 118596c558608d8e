"""Files that are either the old ones or the new ones, never half of one."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new file beside `path` that takes its place when the block ends well and vanishes otherwise.

    A link is followed. Raises OSError when `path` names a folder, a device or a pipe, and when the disk is
    full.
    """
    target = os.path.realpath(os.fspath(path))
    if os.path.isdir(target):
        raise IsADirectoryError(f"cannot write {os.fspath(path)}: it is a folder; name a file in it")
    if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
        raise OSError(f"cannot write {os.fspath(path)}: it is not a regular file")
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".nncore-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    try:
        with open(temporary, "xb+") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    """Make the new name itself last; not every file system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a regular file; OSError for a folder, and for a device or pipe, which might never end."""
    name = os.fspath(path)
    mode = os.stat(name).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"cannot read {name}: it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(f"cannot read {name}: it is not a regular file")
    with open(name, "rb") as file:
        return file.read()
