"""NumPy's .npy format from memory, checked before anything is allocated."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np


def parse_npy(data: bytes, kinds: str = "biuf") -> np.ndarray[Any, Any]:
    """The array in the bytes of an .npy file, as a copy of its own in C order.

    `kinds` lists the dtype kinds allowed. Raises ValueError with the reason: no .npy header, a dtype that is
    not allowed, fewer or more bytes than the header's shape needs.
    """
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"unknown .npy version {version[0]}.{version[1]}")
    if dtype.kind not in kinds or dtype.hasobject:
        raise ValueError(f"dtype {dtype} is not allowed")
    if any(size < 0 for size in shape):
        raise ValueError(f"the header says shape {shape}")
    start = stream.tell()
    expected, found = math.prod(shape) * dtype.itemsize, len(data) - start
    if expected != found:
        raise ValueError(
            f"the header says shape {shape} of {dtype}, {expected} bytes, but {found} bytes follow"
        )
    if found == 0:
        return np.empty(shape, dtype)
    flat = np.frombuffer(data, dtype, offset=start)
    array = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
    return np.array(array, dtype.newbyteorder("="), order="C")
