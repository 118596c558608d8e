"""NumPy's .npz files: a zip archive of arrays by name."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np

from nncore._core import bfloat16
from nncore.errors import CheckpointError
from nncore.files import named
from nncore.files.entries import new_entry
from nncore.files.npy import read_npy
from nncore.files.reading import expansion_limit, open_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nncore._core import Tensor

    Array = np.ndarray[Any, Any]


def npz_writer(obj: Any) -> Callable[[IO[bytes]], None]:
    """A function that writes a flat or nested dict of tensors and arrays, uncompressed, into an open file."""
    tensors = named.flat(obj, ".npz")
    for name, value in tensors.items():
        if value.dtype == bfloat16:
            raise TypeError(f"save: {name} is bfloat16, which .npz lacks; convert it with .float()")
        if "\0" in name:
            raise ValueError(f"save: the name {name!r} contains a zero byte")

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, value in tensors.items():
                array = value.numpy()
                with new_entry(archive, name + ".npy", array.nbytes) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)

    return write


def read_npz(file: BinaryIO, name: str, size: int) -> dict[str, Tensor]:
    """The tensors by name in an open file of `size` bytes; raises CheckpointError."""
    with open_zip(file, name, "not an .npz file") as archive:
        names = [entry.removesuffix(".npy") for entry in archive.namelist()]
        return {key: named.tensor(key, array) for key, array in arrays(archive, names, size, "biuf").items()}


def arrays(archive: zipfile.ZipFile, names: Iterable[str], size: int, kinds: str) -> dict[str, Array]:
    """The arrays of these names, with dtypes of these kinds, in an .npz file of `size` bytes.

    Errors: CheckpointError if they would expand further than `expansion_limit`, before one is read;
    ValueError for another dtype or damaged data; KeyError for a missing name.
    """
    entries = {name: archive.getinfo(f"{name}.npy") for name in names}
    if any(
        entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries.values()
    ):
        raise CheckpointError("it has a compression that NumPy does not write")
    packed = [entry.file_size for entry in entries.values() if entry.compress_type == zipfile.ZIP_DEFLATED]
    if sum(packed) > expansion_limit(size):
        raise CheckpointError(
            f"its arrays expand to {sum(packed)} bytes, above the limit of {expansion_limit(size)} for a "
            "file of this size; save them with numpy.savez, uncompressed"
        )
    found = {}
    for name, entry in entries.items():
        with archive.open(entry) as stream:
            found[name] = read_npy(stream, entry.file_size, kinds)
    return found
