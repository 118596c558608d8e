"""The random masks of dropout, computed in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from op_case import Array


def philox(seed: int, blocks: Array) -> Array:
    """Philox4x32-10 (Salmon et al. 2011): four words of each block of stream 0."""
    low, high = np.uint64(0xFFFFFFFF), np.uint64(32)
    c = [blocks & low, blocks >> high, np.zeros_like(blocks), np.zeros_like(blocks)]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [b >> high ^ c[1] ^ np.uint64(k0), b & low, a >> high ^ c[3] ^ np.uint64(k1), a & low]
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return np.stack(c)


def kept(seed: int, offset: int, n: int, p: float) -> Array:
    """The mask of n elements: of each 8 blocks, first words 0 and 1 of all blocks, then words 2 and 3."""
    groups = -(-n // 32)
    words = philox(seed, offset + np.arange(8 * groups, dtype=np.uint64)).reshape(2, 2, groups, 8)
    words = words.transpose(2, 0, 3, 1).reshape(-1)[:n]
    return np.asarray((words >> np.uint64(9)) * 2.0**-23 >= np.float32(1 + p) - np.float32(1))


SEED = 2**40 + 7


def seeded(f: Any) -> Any:
    def call(*x: Any) -> Any:
        nncore.manual_seed(SEED)
        return f(*x)

    return call
