"""The format of a file by the ending of its name."""

from __future__ import annotations

import os

FORMATS = {
    ".nnz": "nncore",
    ".npz": "npz",
    ".safetensors": "safetensors",
    ".pt": "pytorch",
    ".pth": "pytorch",
    ".pth.tar": "pytorch",
}
ALL = (".nnz", ".npz", ".safetensors", ".pt", ".pth")
NESTED = (".nnz", ".pt", ".pth")  # formats of nested values; the others hold arrays by name


def format_of(where: str, path: str | os.PathLike[str], endings: tuple[str, ...] = ALL) -> str:
    """The format that the name's ending chooses; ValueError that lists `endings` for any other ending."""
    name = os.fsdecode(path)
    found = [kind for ending, kind in FORMATS.items() if name.lower().endswith(ending)]
    if found and found[0] in {FORMATS[ending] for ending in endings}:
        return found[0]
    *most, last = endings
    listed = f"{', '.join(most)} or {last}" if most else last
    raise ValueError(f"{where}: {name!r} must end with {listed}, which chooses the format of the file")
