"""The format of a file by the ending of its name."""

from __future__ import annotations

import os

PYTORCH = (".pt", ".pth", ".pth.tar")
OTHERS = (
    ".gguf",
    ".h5",
    ".hdf5",
    ".json",
    ".keras",
    ".npy",
    ".npz",
    ".onnx",
    ".pickle",
    ".pkl",
    ".safetensors",
    ".tflite",
)


def means_pytorch(where: str, path: str | os.PathLike[str]) -> bool:
    """Whether the name ends as PyTorch's files do; ValueError for the ending of an unsupported format."""
    name = os.fsdecode(path).lower()
    if name.endswith(OTHERS):
        raise ValueError(
            f"{where}: {os.fsdecode(path)!r} has the ending of a format that nncore does not support; "
            "name the file .pt for PyTorch's format or .nnz for nncore's"
        )
    return name.endswith(PYTORCH)
