"""The accuracy of a step: how many rows with labels 0 and 1 are on the right side of a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore._core import Tensor


def threshold_hits(threshold: float) -> Callable[[Tensor, Tensor], Tensor]:
    """A function that counts the rows whose labels are all right; an output above the threshold means 1."""

    def hits(output: Tensor, target: Tensor) -> Tensor:
        right = (output > threshold) == (target > 0.5)
        return (right if right.ndim == 1 else right.flatten(1).all(1)).sum()

    return hits
