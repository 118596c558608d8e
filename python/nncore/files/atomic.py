"""Replace files atomically: after a crash a path has either the old or the new contents."""

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
    """Open a temporary file beside `path`; it replaces `path` at the end of the block, unless that raises.

    Links are followed. The temporary file is locked while it is written. Temporary files without a lock were
    left by killed processes; they are removed.
    Errors: OSError that names `path` if it is a folder, a device or a pipe, and if the disk is full.
    """
    target = _target(path)
    folder = os.path.dirname(target)
    _remove_abandoned(folder)
    with _naming(path), _temporary(folder) as (file, temporary):
        yield file
        file.flush()
        os.fsync(file.fileno())
        # The lock is still held, so that no other process removes the file as abandoned.
        os.replace(temporary, target)
    _sync_folder(folder)


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Raise the error that `replacing` would raise for this path; change nothing."""
    with _naming(path), _temporary(os.path.dirname(_target(path))):
        pass


@contextmanager
def _naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Make an OSError of the block name `path`, not the temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def _target(path: str | os.PathLike[str]) -> str:
    """The file that `path` names, with links resolved; OSError if it cannot be a regular file."""
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
    """(a new file, locked while it is open, its name); the name is removed after the block."""
    while True:
        name = os.path.join(folder, f"{PREFIX}{os.getpid()}-{os.urandom(6).hex()}{SUFFIX}")
        with open(name, "xb+") as file:
            try:
                _lock(file.fileno(), wait=True)
                if _names(name, file.fileno()):  # else another process removed it before it was locked
                    yield file, name
                    return
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(name)


def _remove_abandoned(folder: str) -> None:
    """Remove temporary files without a lock in this folder; killed processes left them.

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
    """Lock the file until it is closed; False if another process has the lock or locks are not supported."""
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
    """Whether the name still belongs to this open file."""
    try:
        return os.path.samestat(os.stat(name, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sync_folder(folder: str) -> None:
    """Write the folder's entry to disk, if the file system supports it."""
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
