"""The 1,797 handwritten digits of 8x8 pixels that ship with the package."""

from __future__ import annotations

import os

from nncore._core import Tensor, from_numpy


def load_digits() -> tuple[Tensor, Tensor]:
    """Images (1797, 8, 8) uint8 with values 0..16, and labels (1797,) int64 with values 0..9.

    Source: Alpaydin and Kaynak, UCI "Optical Recognition of Handwritten Digits" (test part), CC BY 4.0; see
    `digits.txt` beside this file. No network is needed.

    >>> from nncore.data import load_digits
    >>> images, labels = load_digits()
    >>> images.shape, labels[:5].tolist()
    ((1797, 8, 8), [0, 1, 2, 3, 4])
    """
    import numpy as np

    with np.load(os.path.join(os.path.dirname(__file__), "digits.npz"), allow_pickle=False) as stored:
        return from_numpy(stored["x"]), from_numpy(stored["y"].astype(np.int64))
