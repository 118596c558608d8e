"""Entries of zip archives as nncore and PyTorch write them: uncompressed, each with a name of its own."""

from __future__ import annotations

import zipfile
from typing import IO

from nncore.errors import CheckpointError


def new_entry(archive: zipfile.ZipFile, name: str, size: int) -> IO[bytes]:
    """Open an entry for `size` bytes, without timestamp, so that equal values give equal bytes."""
    return archive.open(zipfile.ZipInfo(name), "w", force_zip64=size >= 1 << 30)


def check_plain(archive: zipfile.ZipFile) -> None:
    """Raise CheckpointError for two entries of one name and for compressed ones, which could expand."""
    entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise CheckpointError("it contains compressed entries")
    if len({entry.filename for entry in entries}) != len(entries):
        raise CheckpointError("it contains two entries of the same name")
