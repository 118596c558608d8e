"""Files that are either the old ones or the new ones, never half of one."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX, SUFFIX = ".nncore-", ".tmp"


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new file beside `path` that takes its place when the block ends well and vanishes otherwise.

    A link is followed. Raises OSError when `path` names a folder, a device or a pipe, and when the disk is
    full. While the file is written it is locked; those of savers that were killed are not, and are
    removed.
    """
    target = _target(path)
    folder = os.path.dirname(target)
    _remove_abandoned(folder)
    with _temporary(folder) as (file, temporary):
        yield file
        file.flush()
        os.fsync(file.fileno())
        # While the lock is held: nobody else may take the file for an abandoned one.
        os.replace(temporary, target)
    _sync_folder(folder)


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Raise what `replacing` would for a path that cannot be written, and leave everything as it is."""
    with _temporary(os.path.dirname(_target(path))):
        pass


def _target(path: str | os.PathLike[str]) -> str:
    """The file itself, where `path` may be a link; OSError for what cannot be a file in a folder."""
    name = os.fspath(path)
    target = os.path.realpath(name)
    if os.path.isdir(target):
        raise IsADirectoryError(f"cannot write {name}: it is a folder; name a file in it")
    if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
        raise OSError(f"cannot write {name}: it is not a regular file")
    folder = os.path.dirname(target)
    if not os.path.exists(folder):
        raise FileNotFoundError(
            f"cannot write {name}: No such file or directory: {folder}; make the folder first"
        )
    if not os.path.isdir(folder):
        raise NotADirectoryError(f"cannot write {name}: {folder} is not a folder")
    return target


@contextmanager
def _temporary(folder: str) -> Iterator[tuple[BinaryIO, str]]:
    """A new file that is locked as long as it is open, and its name, which is gone after the block."""
    while True:
        name = os.path.join(folder, f"{PREFIX}{os.getpid()}-{os.urandom(6).hex()}{SUFFIX}")
        with open(name, "xb+") as file:
            try:
                _lock(file.fileno(), wait=True)
                if _names(name, file.fileno()):  # else it was removed before it was locked
                    yield file, name
                    return
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(name)


def _remove_abandoned(folder: str) -> None:
    """Remove temporary files in this folder whose lock is free: their savers were killed.

    On a file system without locks they stay.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        names = [e.path for e in entries if e.name.startswith(PREFIX) and e.name.endswith(SUFFIX)]
        for name in names:
            with suppress(OSError):
                flags = os.O_RDWR | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
                descriptor = os.open(name, flags)
                try:
                    if _lock(descriptor, wait=False) and _names(name, descriptor):
                        os.unlink(name)
                finally:
                    os.close(descriptor)


def _lock(descriptor: int, wait: bool) -> bool:
    """Lock the file until it is closed; False if another process holds the lock or there are no locks."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # not a POSIX system
        return False
    try:
        flock(descriptor, LOCK_EX if wait else LOCK_EX | LOCK_NB)
    except OSError:
        return False
    return True


def _names(name: str, descriptor: int) -> bool:
    """Whether the name still stands for this open file."""
    try:
        return os.path.samestat(os.stat(name, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


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
