"""The container of `nncore.save`: an uncompressed zip that ends with the SHA-256 of every byte before it.

`manifest.json` holds a tree of plain values; each array is an .npy entry, so `numpy.load` and `unzip` can
read them too. Only what saves or loads imports this module: zipfile and hashlib take 25 ms.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from nncore._atomic import read_regular, replacing
from nncore._npy import parse_npy
from nncore.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

FORMAT = "nncore"
VERSION = 1
MARK = b"nncore sha256 "
HEX = 64


def write_archive(path: str | os.PathLike[str], tree: Any, arrays: dict[str, Array]) -> None:
    """The same tree and arrays give the same bytes: entries carry no time."""
    manifest = json.dumps({"format": FORMAT, "version": VERSION, "tree": tree}, separators=(",", ":"))
    with replacing(path) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo("manifest.json"), manifest)
            for name, array in arrays.items():
                with archive.open(
                    zipfile.ZipInfo(name + ".npy"), "w", force_zip64=array.nbytes >= 1 << 30
                ) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)
            archive.comment = MARK + b"0" * HEX
        _seal(file)


def read_archive(path: str | os.PathLike[str], decode: Callable[[Any, Callable[[str], Array]], Any]) -> Any:
    """`decode(tree, array)`, where `array(name)` reads one entry; CheckpointError says what is wrong."""
    name = os.fspath(path)
    data = read_regular(name)
    _check_seal(name, data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return decode(_tree(archive, len(data)), lambda entry: _array(archive, entry))
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from None
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, RuntimeError, NotImplementedError) as error:
        raise CheckpointError(f"{name}: malformed checkpoint: {error}") from None


def _seal(file: BinaryIO) -> None:
    """Put the digest of all bytes before it in the last 64."""
    left = file.seek(-HEX, io.SEEK_END)
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0:
        piece = file.read(min(1 << 20, left))
        digest.update(piece)
        left -= len(piece)
    file.seek(-HEX, io.SEEK_END)
    file.write(digest.hexdigest().encode())


def _check_seal(name: str, data: bytes) -> None:
    ours = data[:4] == b"PK\3\4" and b"manifest.json" in data[:64]
    sealed = data[-HEX - len(MARK) : -HEX] == MARK
    if ours and sealed and hashlib.sha256(memoryview(data)[:-HEX]).hexdigest().encode() == data[-HEX:]:
        return
    if not data:
        reason = "the file is empty"
    elif ours and not sealed:
        reason = "the file is truncated, or its end is damaged"
    elif ours or sealed:
        reason = "the file is damaged: its SHA-256 is not the one it was saved with"
    elif data[:1] == b"\x80":
        reason = "a pickle, which could run any code; expected a file written by nncore.save"
    elif data[:2] == b"PK" and b"data.pkl" in data[:4096]:
        reason = "a PyTorch checkpoint holding a pickle; expected a file written by nncore.save"
    else:
        reason = "not a file written by nncore.save"
    raise CheckpointError(f"{name}: {reason}")


def _tree(archive: zipfile.ZipFile, size: int) -> Any:
    """The manifest's tree, once nothing in the archive can cost more memory than the file itself."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > size:
        raise CheckpointError("its entries claim more bytes than the file has")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise CheckpointError("it holds compressed entries")
    if len({entry.filename for entry in entries}) != len(entries):
        raise CheckpointError("it holds two entries of one name")
    manifest = json.loads(archive.read("manifest.json"))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise CheckpointError("its manifest is not nncore's")
    version = manifest.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise CheckpointError(
            f"it has format version {version}, this nncore reads versions up to {VERSION}; install a newer "
            "nncore"
        )
    return manifest["tree"]


def _array(archive: zipfile.ZipFile, name: str) -> Array:
    try:
        return parse_npy(archive.read(name + ".npy"))
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"array {name}: {error}") from None
