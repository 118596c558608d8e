"""The file format of `nncore.save`: an uncompressed zip that ends with the SHA-256 of all bytes before it.

`manifest.json` contains a tree of plain values. Each array is an .npy entry, which `unzip` and `numpy.load`
can read. `save` and `load` import this module when they run: importing zipfile and hashlib takes 25 ms.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from functools import cache
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np

from nncore.errors import CheckpointError
from nncore.files.entries import check_plain, new_entry
from nncore.files.npy import read_npy
from nncore.files.reading import CHUNK, open_zip, size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

FORMAT = "nncore"
VERSION = 1
MARK = b"nncore sha256 "
HEX = 64


def write_archive(file: IO[bytes], tree: Any, arrays: dict[str, Array]) -> None:
    """Write into an empty file; equal trees and arrays give equal bytes: entries have no timestamp."""
    manifest = json.dumps({"format": FORMAT, "version": VERSION, "tree": tree}, separators=(",", ":"))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("manifest.json"), manifest)
        for name, array in arrays.items():
            with new_entry(archive, name + ".npy", array.nbytes) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
        archive.comment = MARK + b"0" * HEX
    _seal(file)


def read_archive(file: BinaryIO, name: str, decode: Callable[[Any, Callable[[str], Array]], Any]) -> Any:
    """The result of `decode(tree, array)`, where `array(name)` reads one entry; raises CheckpointError.

    The file is read twice, for its digest and for its values; only the values are kept in memory. An array
    that the tree names twice is read once. `name` is the name of the file in messages.
    """
    _check_seal(name, file)
    with open_zip(file, name, "malformed checkpoint") as archive:
        return decode(_tree(archive), cache(lambda entry: _array(archive, entry)))


def starts_archive(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a file of `write_archive`."""
    return head[:4] == b"PK\3\4" and b"manifest.json" in head[:64]


def _seal(file: IO[bytes]) -> None:
    """Replace the last 64 bytes by the digest of the bytes before them."""
    digest = _digest(file)
    file.seek(-HEX, io.SEEK_END)
    file.write(digest)


def _digest(file: IO[bytes]) -> bytes:
    """The SHA-256 of all bytes but the last 64, in hexadecimal."""
    left = file.seek(-HEX, io.SEEK_END)
    file.seek(0)
    digest = hashlib.sha256()
    while data := file.read(min(CHUNK, left)):
        digest.update(data)
        left -= len(data)
    return digest.hexdigest().encode()


def _check_seal(name: str, file: BinaryIO) -> None:
    head = file.read(4096)
    file.seek(max(size_of(file) - HEX - len(MARK), 0))
    end = file.read()
    ours = starts_archive(head)
    sealed = end[:-HEX] == MARK
    if ours and sealed and _digest(file) == end[-HEX:]:
        return
    if not head:
        reason = "the file is empty"
    elif ours and not sealed:
        reason = "the file is truncated, or its end is damaged"
    elif ours or sealed:
        reason = "the file is damaged: its SHA-256 differs from the one it was saved with"
    elif head[:1] == b"\x80":
        reason = "a pickle, which could run any code; expected a file written by nncore.save"
    else:
        reason = "not a file written by nncore.save"
    raise CheckpointError(f"{name}: {reason}")


def _tree(archive: zipfile.ZipFile) -> Any:
    """The tree in the manifest, after checks that no entry needs more memory than the size of the file."""
    check_plain(archive)
    manifest = json.loads(archive.read("manifest.json"))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise CheckpointError("its manifest is not nncore's")
    version = manifest.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise CheckpointError(
            f"it has format version {version}, but this nncore reads versions up to {VERSION}; install a "
            "newer nncore"
        )
    return manifest["tree"]


def _array(archive: zipfile.ZipFile, name: str) -> Array:
    try:
        entry = archive.getinfo(name + ".npy")
        with archive.open(entry) as stream:
            return read_npy(stream, entry.file_size)
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"array {name}: {error}") from None
