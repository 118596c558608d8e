"""Download data files and check them against their published checksums."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from typing import TYPE_CHECKING, Any

from nncore.data.idx import parse_idx
from nncore.errors import CheckpointError
from nncore.files.atomic import replacing
from nncore.files.reading import open_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

LIMIT = 200 << 20  # bytes; every known file is smaller
TIMEOUT = 20.0


def read_checked(path: str, sha256: str) -> np.ndarray[Any, Any]:
    """The array in an IDX file; raises CheckpointError unless its unzipped bytes have this SHA-256."""
    digest = hashlib.sha256()
    with open_plain(path) as stream:
        array = parse_idx(stream, path, digest.update)
    if digest.hexdigest() != sha256:
        raise CheckpointError(
            f"{path}: its SHA-256 is {digest.hexdigest()[:12]}..., expected {sha256[:12]}...; the file is "
            "damaged or belongs to another data set: delete it, or read it with nncore.data.read_idx"
        )
    return array


def fetch(urls: list[str], path: str, sha256: str) -> None:
    """Save the first of these gzip files whose unzipped bytes have the checksum as `path`.

    Errors: OSError that names the remedies if none is available.
    """

    def found(data: bytes) -> str:
        return hashlib.sha256(gzip.GzipFile(fileobj=io.BytesIO(data)).read(LIMIT)).hexdigest()

    data = first_good(urls, path, found, sha256)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacing(path) as file:
        file.write(data)


def first_good(urls: list[str], path: str, checksum: Callable[[bytes], str], expected: str) -> bytes:
    """The first of these files that has the checksum; the errors say that it belongs at `path`."""
    failures = []
    for url in urls:
        try:
            data = _get(url)
            found = checksum(data)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            failures.append(f"{url}: {getattr(error, 'reason', None) or error}")
            continue
        if found == expected:
            return data
        failures.append(f"{url}: wrong checksum {found[:12]}...")
    raise OSError(
        f"cannot download {os.path.basename(path)} ({'; '.join(failures)}); put it in "
        f"{os.path.dirname(path)} yourself, or set NNCORE_DATA to a folder that contains it"
    )


def _get(url: str) -> bytes:
    from http.client import HTTPException
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=TIMEOUT) as answer:
            data: bytes = answer.read(LIMIT + 1)
    except HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from None
    if len(data) > LIMIT:
        raise ValueError(f"more than {LIMIT} bytes")
    return data
